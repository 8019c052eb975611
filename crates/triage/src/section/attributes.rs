//! ⑧ what the file is: hashes, version information, signature, times, mark of the web.

use hikeshi_event::{Column, Event};

use super::Rows;
use crate::evidence::{signatures, snip};
use crate::kind::Kind;
use crate::path::{inside_volume, name_of, same_path};
use crate::scope::Scope;

pub(super) fn attributes(scope: &Scope<'_>, rows: &mut Rows) {
    rows.ordered = true;
    let Some(path) = scope.subject.image.as_deref() else { return };
    let mut details: Vec<(String, String)> = Vec::new();
    let mut put = |name: &str, value: Option<&str>| {
        let known = details.iter().any(|(known, _)| known == name);
        if let Some(value) = value.filter(|value| !known && !value.is_empty() && *value != "-" && *value != "?") {
            details.push((name.to_owned(), value.to_owned()));
        }
    };
    put("path", Some(path));
    put("name", Some(name_of(path)));
    put("sha256", scope.subject.sha256.as_deref());
    put("sha1", scope.subject.sha1.as_deref());
    put("md5", scope.subject.md5.as_deref());
    let created = scope.process_event().filter(|_| scope.subject_runs());
    if let Some(event) = created.and_then(|index| scope.host.event(index)) {
        from_process(event, &mut put);
    }
    let signature = signatures(scope).remove(&inside_volume(path).to_lowercase());
    if let Some(signature) = &signature {
        put("signed", Some(if signature.signed { "true" } else { "false" }));
        put("signer", signature.signer.as_deref());
        put("signature_status", Some(&signature.status));
        put("company", signature.company.as_deref());
    }
    let mut events: Vec<usize> = created.into_iter().chain(signature.map(|signature| signature.event)).collect();
    for (index, event) in scope.host_events(&[Kind::FileCreate, Kind::FileStream, Kind::FileTime, Kind::FileExecutable]) {
        let Some(written) = event.text(Column::FilePath) else { continue };
        if same_path(written.strip_suffix(":Zone.Identifier").unwrap_or(written), path) {
            put("created_at", event.text(Column::FileCreatedAt));
            put("previous_created_at", event.text(Column::FilePreviousCreatedAt));
            put("mark_of_the_web", event.text(Column::FileContents).filter(|contents| contents.contains("ZoneId")).map(snip).as_deref());
            put("imphash", event.text(Column::FileImphash));
            events.push(index);
        }
    }
    let time = events.first().and_then(|index| scope.host.event(*index)).map_or(scope.window.detected_at, |event| event.time);
    if details.len() > 2 {
        rows.add_row("item.file", details, scope.process, (events.first().copied(), time), 0);
    }
}

fn from_process(event: &Event<'_>, put: &mut impl FnMut(&str, Option<&str>)) {
    for (name, column) in [
        ("imphash", Column::ProcessImphash),
        ("original_name", Column::ProcessOriginalFileName),
        ("company", Column::ProcessCompany),
        ("product", Column::ProcessProduct),
        ("description", Column::ProcessDescription),
        ("version", Column::ProcessFileVersion),
        ("integrity", Column::ProcessIntegrity),
    ] {
        put(name, event.text(column));
    }
}
