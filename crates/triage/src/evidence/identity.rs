//! What the file is known as (E1, E2) and how widely it is spread (E13, E14).

use hikeshi_domain::exception::{Excused, FileFacts};
use hikeshi_domain::phrase::Phrase;
use jiff::SignedDuration;

use super::Evidence;
use crate::input::Counted;
use crate::scope::Scope;

const WIDE_HOSTS: u64 = 20;
const LONG: SignedDuration = SignedDuration::from_hours(30 * 24);
const FRESH: SignedDuration = SignedDuration::from_hours(24);

pub(super) fn weigh(scope: &Scope<'_>, evidence: &mut Evidence) {
    let hashes = hashes(scope);
    match scope.input.lists {
        None => evidence.miss("E1", Phrase::new("unknown.E1")),
        Some(_) if hashes.is_empty() => evidence.miss("E1", Phrase::new("unknown.E1.no_hash")),
        Some(lists) => {
            for hash in &hashes {
                if let Some(list) = lists.bad_hashes.get(hash) {
                    evidence.see("E1", Phrase::new("finding.E1").with("hash", hash).with("list", list), scope.process_event());
                }
                if let Some(list) = lists.good_hashes.get(hash) {
                    evidence.see("E2", Phrase::new("finding.E2.list").with("hash", hash).with("list", list), scope.process_event());
                }
            }
        }
    }
    excuse(scope, evidence);
}

fn excuse(scope: &Scope<'_>, evidence: &mut Evidence) {
    let subject = &scope.subject;
    let signer = scope.valid_signer();
    let file = FileFacts {
        path: subject.image.as_deref(),
        sha256: subject.sha256.as_deref(),
        sha1: subject.sha1.as_deref(),
        md5: subject.md5.as_deref(),
        valid_signer: signer.as_deref(),
    };
    let entry = scope.input.exceptions.iter().find(|entry| entry.excuses_file(&file, scope.input.now));
    let Some(entry) = entry else { return };
    let by = match &entry.excused {
        Excused::Hash { hash } => hash,
        Excused::Signer { name } => name,
        Excused::Path { pattern } => pattern,
        Excused::Behaviour { rule_id, .. } => rule_id,
    };
    let reason = Phrase::new("finding.E2").with("entry", by).with("why", &entry.reason).with("at", entry.registered_at.to_string());
    evidence.see("E2", reason, scope.process_event());
}

/// Comes last: a wide and long life speaks only where nothing else speaks.
pub(super) fn weigh_prevalence(scope: &Scope<'_>, evidence: &mut Evidence) {
    let Some(prevalence) = scope.input.prevalence else {
        evidence.miss("E13", Phrase::new("unknown.E13"));
        return;
    };
    let Some(hash) = hashes(scope).into_iter().next() else {
        evidence.miss("E13", Phrase::new("unknown.E13.no_hash"));
        return;
    };
    let Some(seen) = prevalence.seen(Counted::Hash, &hash) else {
        evidence.miss("E13", Phrase::new("unknown.E13.not_counted"));
        return;
    };
    let age = scope.window.detected_at.duration_since(seen.first_at);
    let said = |key: &str| Phrase::new(key).with("hosts", seen.hosts.to_string()).with("first", seen.first_at.to_string());
    if seen.hosts <= 1 && age < FRESH {
        evidence.see("E14", said("finding.E14"), scope.process_event());
    } else if (seen.hosts >= WIDE_HOSTS || age > LONG) && !evidence.accuses(scope) && !scope.runs_foreign_code() {
        evidence.see("E13", said("finding.E13"), scope.process_event());
    }
}

fn hashes(scope: &Scope<'_>) -> Vec<String> {
    let subject = &scope.subject;
    [&subject.sha256, &subject.sha1, &subject.md5].into_iter().flatten().cloned().collect()
}
