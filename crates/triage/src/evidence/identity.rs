//! What the file is known as (E1, E2) and how widely it is spread (E13, E14).

use hikeshi_domain::exception::{Excused, FileFacts};
use hikeshi_domain::phrase::Phrase;
use hikeshi_domain::reference_list::ListKind;
use hikeshi_event::Column;
use jiff::SignedDuration;

use super::{Evidence, actors, shown_in};
use crate::input::Counted;
use crate::kind::Kind;
use crate::lists::Lists;
use crate::path::name_of;
use crate::scope::{Scope, shown_image};

/// Events that tell the hashes of a file.
const FILES: &[Kind] = &[Kind::FileStream, Kind::FileExecutable, Kind::FileDelete, Kind::ImageLoad, Kind::DriverLoad];
const HASHES: [Column; 3] = [Column::FileSha256, Column::FileSha1, Column::FileMd5];

const WIDE_HOSTS: u64 = 20;
const LONG: SignedDuration = SignedDuration::from_hours(30 * 24);
const FRESH: SignedDuration = SignedDuration::from_hours(24);

pub(super) fn weigh(scope: &Scope<'_>, evidence: &mut Evidence) {
    let hashes = hashes(scope);
    let accusing = scope.input.lists.filter(|lists| lists.know_hashes(ListKind::Bad));
    match accusing {
        None => evidence.miss("E1", Phrase::new("unknown.E1")),
        Some(lists) => {
            if hashes.is_empty() {
                evidence.miss("E1", Phrase::new("unknown.E1.no_hash"));
            }
            accuse(scope, lists, &hashes, evidence);
        }
    }
    let known_good = |hash: &String| Some((hash.clone(), scope.input.lists?.hash(ListKind::Good, hash, scope.input.now)?));
    if let Some((hash, hit)) = hashes.iter().find_map(known_good) {
        evidence.see("E2", hit.reason("finding.E2.list").with("hash", hash), scope.process_event());
    }
    excuse(scope, evidence);
    if hashes.is_empty() && !evidence.saw("E2") {
        evidence.miss("E2", Phrase::new("unknown.E1.no_hash"));
    } else if !evidence.saw("E2") && !scope.input.lists.is_some_and(|lists| lists.know_hashes(ListKind::Good)) {
        evidence.miss("E2", Phrase::new("unknown.E2"));
    }
}

/// The subject on a list of malicious files, else another program of its tree, else a file that the tree wrote, loaded or deleted.
fn accuse(scope: &Scope<'_>, lists: &Lists, own: &[String], evidence: &mut Evidence) {
    let mut test_file = None;
    let mut listed = |hash: &str| {
        let hit = lists.hash(ListKind::Bad, hash, scope.input.now)?;
        if scope.book.fits("test_files", hash) {
            test_file.get_or_insert_with(|| hash.to_owned());
            return None;
        }
        Some(hit)
    };
    for hash in own {
        if let Some(hit) = listed(hash) {
            evidence.see("E1", hit.reason("finding.E1").with("hash", hash), scope.process_event());
        }
    }
    for (_, process) in actors(scope) {
        for hash in [process.sha256, process.sha1, process.md5].into_iter().flatten().filter(|hash| !is_among(own, hash)) {
            if let Some(hit) = listed(hash) {
                let reason = hit.reason("finding.E1.file").with("hash", hash.to_lowercase()).with("file", shown_image(process));
                evidence.see("E1", reason, shown_in(scope, process));
            }
        }
    }
    for (index, event) in scope.of_kinds(FILES) {
        for hash in HASHES.into_iter().filter_map(|column| event.text(column)).filter(|hash| !is_among(own, hash)) {
            if let Some(hit) = listed(hash) {
                let file = event.text(Column::FilePath).map_or("?", name_of);
                evidence.see("E1", hit.reason("finding.E1.file").with("hash", hash.to_lowercase()).with("file", file), [index]);
            }
        }
    }
    if let Some(hash) = test_file.filter(|_| !evidence.saw("E1")) {
        // The list is right that scanners call it malicious; it is made to be found and harms nobody.
        evidence.see_weighing("E1", 0, Phrase::new("finding.E1.test").with("hash", hash), scope.process_event().into_iter().collect());
    }
}

fn is_among(own: &[String], hash: &str) -> bool {
    own.iter().any(|own| own.eq_ignore_ascii_case(hash))
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
    let mut miss = |key: &str| ["E13", "E14"].into_iter().for_each(|id| evidence.miss(id, Phrase::new(key)));
    let Some(prevalence) = scope.input.prevalence else { return miss("unknown.E13") };
    let Some(hash) = hashes(scope).into_iter().next() else { return miss("unknown.E13.no_hash") };
    let Some(seen) = prevalence.seen(Counted::Hash, &hash) else { return miss("unknown.E13.not_counted") };
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
