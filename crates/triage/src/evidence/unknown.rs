//! What would have been weighed, had it been known (E36 … E38, E40).

use hikeshi_domain::phrase::Phrase;
use hikeshi_domain::reference_list::ListKind;

use super::Evidence;
use crate::kind::Kind;
use crate::scope::Scope;

/// Sources of sections 4, 5 and 7.
const ACTIVITY: &[Kind] = &[
    Kind::FileCreate,
    Kind::FileDelete,
    Kind::FileStream,
    Kind::FileExecutable,
    Kind::RegistrySet,
    Kind::RegistryKey,
    Kind::Network,
    Kind::Dns,
];

pub(super) fn list(scope: &Scope<'_>, evidence: &mut Evidence) {
    let no_processes = !scope.coverage.has_kind(Kind::ProcessStart);
    let no_activity = !ACTIVITY.iter().any(|kind| scope.coverage.has_kind(*kind));
    evidence.blind = no_processes || no_activity;
    if no_processes {
        evidence.miss("E40", Phrase::new("unknown.E40.processes"));
    }
    if no_activity {
        evidence.miss("E40", Phrase::new("unknown.E40.activity"));
    }
    if !scope.coverage.has_kind(Kind::FileStream) && scope.subject.image.is_some() {
        evidence.miss("E15", Phrase::new("unknown.E15"));
    }
    if !scope.coverage.has_kind(Kind::Network) && !scope.coverage.has_kind(Kind::Dns) {
        evidence.miss("E29", Phrase::new("unknown.E29"));
    } else if !scope.input.lists.is_some_and(|lists| lists.know_names(ListKind::Bad)) {
        evidence.miss("E29", Phrase::new("unknown.E29.lists"));
    }
    evidence.miss("E36", Phrase::new("unknown.E36"));
    evidence.miss("E37", Phrase::new("unknown.E37"));
}
