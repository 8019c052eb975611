//! Events by which a product says that it found something, as the alerts that they are.

use std::collections::BTreeMap;

use hikeshi_domain::alert::{Action, AlertFile, AlertProcess, ProductAlert, SourceKind};
use hikeshi_domain::raise::Raising;
use hikeshi_event::{Column, Event};

use crate::process::real_guid;

/// The alert that the event is; `product` is the name to show. The same detection told again has the same id.
fn product_alert(event: &Event<'_>, product: &str) -> ProductAlert {
    let text = |column| event.text(column).filter(|text| !text.is_empty() && *text != "-" && !text.eq_ignore_ascii_case("unknown"));
    let guid = text(Column::ProcessGuid).and_then(real_guid);
    let detection = event.unmapped("DetectionID").or(guid).map(str::to_owned);
    let own = || event.record_id.map_or_else(|| event.uid.to_string(), |record| format!("{} {record}", event.channel));
    let path = detected_file(event).or_else(|| text(Column::ProcessImage)).map(str::to_owned);
    let process = guid.map(|guid| AlertProcess { guid: Some(guid.to_owned()), pid: event.integer(Column::ProcessPid) });
    let name = text(Column::DetectionName).or_else(|| text(Column::ObjectType));
    ProductAlert {
        id: format!("{} {}", event.host.to_lowercase(), detection.unwrap_or_else(own)),
        host: event.host.to_string(),
        detected_at: event.time,
        source_kind: SourceKind::Endpoint,
        product: product.to_owned(),
        name: name.map_or_else(|| format!("{product} {}", event.event_id), str::to_owned),
        action: action(text(Column::DetectionAction).unwrap_or_default()),
        file: path.map(|path| AlertFile {
            path: Some(path),
            sha256: text(Column::FileSha256).map(str::to_lowercase),
            sha1: text(Column::FileSha1).map(str::to_lowercase),
            md5: text(Column::FileMd5).map(str::to_lowercase),
        }),
        process,
    }
}

/// What products found in these events, each detection once: what was done in the end counts.
pub fn product_alerts<'e>(events: impl IntoIterator<Item = &'e Event<'e>>, raising: &Raising) -> Vec<ProductAlert> {
    let mut alerts: BTreeMap<String, ProductAlert> = BTreeMap::new();
    for event in events {
        let Some(product) = raising.product(&event.provider, event.event_id) else { continue };
        let alert = product_alert(event, &product.product);
        match alerts.get_mut(&alert.id) {
            Some(known) if alert.action != Action::Detected => known.action = alert.action,
            Some(_) => {}
            None => {
                alerts.insert(alert.id.clone(), alert);
            }
        }
    }
    alerts.into_values().collect()
}

/// The file that a detection names. Defender writes resources as `file:_C:\\x.exe; process:_pid:1` and
/// `containerfile:_C:\\x.zip; file:_C:\\x.zip->y.exe`.
pub(crate) fn detected_file<'e>(event: &'e Event<'_>) -> Option<&'e str> {
    let path = event.text(Column::FilePath)?;
    let parts = || path.split(';').map(str::trim);
    let named = |kind: &str| parts().find_map(|part| part.strip_prefix(kind));
    let file = named("file:_").or_else(|| named("containerfile:_")).or_else(|| (!path.contains(":_")).then_some(path))?;
    let file = file.split("->").next().unwrap_or(file).trim();
    (!file.is_empty() && file != "-").then_some(file)
}

/// What Defender's words mean; an unknown word is no action.
fn action(word: &str) -> Action {
    match word.to_lowercase().as_str() {
        "quarantine" | "quarantined" => Action::Quarantined,
        "remove" | "removed" | "delete" | "deleted" => Action::Deleted,
        "block" | "blocked" | "clean" | "cleaned" => Action::Blocked,
        _ => Action::Detected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(path: &'static str, action: &'static str) -> Event<'static> {
        let cells = [(Column::FilePath, path), (Column::DetectionName, "Trojan:Win32/X"), (Column::DetectionAction, action)];
        let mut cells: Vec<_> = cells.into_iter().map(|(column, text)| (column, hikeshi_event::Cell::Text(text.into()))).collect();
        cells.sort_by_key(|(column, _)| *column);
        Event {
            uid: hikeshi_event::Uid([1; 16]),
            seq: 0,
            org: hikeshi_domain::OrganizationId(uuid::Uuid::nil()),
            host: "PC-1".into(),
            time: jiff::Timestamp::UNIX_EPOCH,
            received_at: jiff::Timestamp::UNIX_EPOCH,
            time_suspect: false,
            source: "".into(),
            channel: "Microsoft-Windows-Windows Defender/Operational".into(),
            provider: "Microsoft-Windows-Windows Defender".into(),
            event_id: 1117,
            record_id: Some(7),
            class_uid: 2004,
            activity_id: 2,
            severity: 5,
            cells,
            unmapped: vec![("DetectionID".into(), "{79C5C2FF}".into())],
            raw: Vec::new().into(),
        }
    }

    fn named(path: &'static str) -> Option<String> {
        product_alert(&event(path, ""), "Microsoft Defender").file.and_then(|file| file.path)
    }

    #[test]
    fn a_detection_is_an_alert_with_its_file_and_what_was_done() {
        let alert = product_alert(&event(r"file:_C:\a\x.exe; process:_pid:4,ProcessStart:1", "Quarantine"), "Microsoft Defender");
        assert_eq!((alert.name.as_str(), alert.action, alert.id.as_str()), ("Trojan:Win32/X", Action::Quarantined, "pc-1 {79C5C2FF}"));
        assert_eq!(alert.file.and_then(|file| file.path).as_deref(), Some(r"C:\a\x.exe"));
        assert_eq!(product_alert(&event("", "Not Applicable"), "Microsoft Defender").action, Action::Detected);
    }

    #[test]
    fn two_events_of_one_detection_are_one_alert() {
        let raising = Raising::load(&hikeshi_domain::playbook::Files::shipped()).unwrap();
        let first = Event { event_id: 1116, ..event(r"file:_C:\a\x.exe", "Not Applicable") };
        let last = event(r"file:_C:\a\x.exe", "Remove");
        let other = Event { event_id: 5007, ..event("", "") };
        let alerts = product_alerts([&first, &last, &other], &raising);
        assert_eq!((alerts.len(), alerts[0].action, alerts[0].product.as_str()), (1, Action::Deleted, "Microsoft Defender"));
    }

    #[test]
    fn the_file_is_read_from_what_the_product_calls_resources() {
        assert_eq!(named(r"containerfile:_C:\a\x.zip; file:_C:\a\x.zip->y.exe").as_deref(), Some(r"C:\a\x.zip"));
        assert_eq!(named(r"C:\a\x.exe").as_deref(), Some(r"C:\a\x.exe"));
        assert_eq!(named("amsi:_C:\\x; regkey:_HKLM"), None);
    }
}
