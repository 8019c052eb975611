//! An alert as JSON: our own shape, or an OCSF Detection Finding (class 2004, OCSF 1.3), which products and brokers send.

use jiff::Timestamp;
use serde::Deserialize;

use crate::alert::{Action, AlertFile, AlertProcess, ProductAlert, SourceKind};

/// Class number of a Detection Finding (OCSF 1.3, category Findings).
const DETECTION_FINDING: i64 = 2004;

impl ProductAlert {
    /// Reads either shape; which one it is shows in `class_uid`.
    ///
    /// # Errors
    /// When a field is missing or has the wrong kind; the message names it.
    pub fn from_json(value: serde_json::Value) -> Result<Self, serde_json::Error> {
        match value.get("class_uid").and_then(serde_json::Value::as_i64) {
            Some(DETECTION_FINDING) => serde_json::from_value::<Finding>(value)?.into_alert(),
            Some(other) => Err(serde::de::Error::custom(format!("class_uid {other} is no Detection Finding (2004)"))),
            None => serde_json::from_value(value),
        }
    }
}

#[derive(Deserialize)]
struct Finding {
    /// Milliseconds since 1970, or RFC 3339.
    time: Time,
    finding_info: FindingInfo,
    metadata: Option<Metadata>,
    device: Option<Device>,
    action_id: Option<i64>,
    disposition_id: Option<i64>,
    #[serde(default)]
    evidences: Vec<Evidence>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Time {
    Milliseconds(i64),
    Text(Timestamp),
}

#[derive(Deserialize)]
struct FindingInfo {
    uid: String,
    title: Option<String>,
}

#[derive(Deserialize)]
struct Metadata {
    product: Option<Product>,
}

#[derive(Deserialize)]
struct Product {
    name: Option<String>,
    vendor_name: Option<String>,
}

#[derive(Deserialize)]
struct Device {
    hostname: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Evidence {
    file: Option<File>,
    process: Option<Process>,
    device: Option<Device>,
    src_endpoint: Option<Device>,
    connection_info: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct File {
    path: Option<String>,
    name: Option<String>,
    #[serde(default)]
    hashes: Vec<Fingerprint>,
}

#[derive(Deserialize)]
struct Fingerprint {
    algorithm_id: Option<i64>,
    value: String,
}

#[derive(Deserialize)]
struct Process {
    pid: Option<i64>,
    uid: Option<String>,
    file: Option<File>,
}

impl Finding {
    fn into_alert(self) -> Result<ProductAlert, serde_json::Error> {
        let missing = |field: &str| serde::de::Error::custom(format!("missing field `{field}`"));
        let detected_at = match self.time {
            Time::Milliseconds(at) => Timestamp::from_millisecond(at).map_err(serde::de::Error::custom)?,
            Time::Text(at) => at,
        };
        let on_network = self.evidences.iter().any(|evidence| evidence.connection_info.is_some() && evidence.process.is_none());
        let named = |device: &Device| device.hostname.clone().or_else(|| device.name.clone());
        let of_evidence = |evidence: &Evidence| evidence.device.as_ref().or(evidence.src_endpoint.as_ref()).and_then(named);
        let host = self.device.as_ref().and_then(named).or_else(|| self.evidences.iter().find_map(of_evidence));
        let product = self.metadata.and_then(|metadata| metadata.product);
        let process = self.evidences.iter().find_map(|evidence| evidence.process.as_ref());
        let file = self.evidences.iter().find_map(|evidence| evidence.file.as_ref()).or(process.and_then(|process| process.file.as_ref()));
        Ok(ProductAlert {
            id: self.finding_info.uid,
            host: host.ok_or_else(|| missing("device.hostname"))?,
            detected_at,
            source_kind: if on_network { SourceKind::Network } else { SourceKind::Endpoint },
            product: product.and_then(|product| product.name.or(product.vendor_name)).ok_or_else(|| missing("metadata.product.name"))?,
            name: self.finding_info.title.unwrap_or_default(),
            action: action(self.action_id, self.disposition_id),
            file: file.map(alert_file),
            process: process.map(|process| AlertProcess { guid: process.uid.clone(), pid: process.pid }),
        })
    }
}

/// `disposition_id` says what was done (2 Blocked, 3 Quarantined, 5 Deleted, 6 Dropped, 9 Isolated); else `action_id` 2 is Denied.
fn action(action_id: Option<i64>, disposition_id: Option<i64>) -> Action {
    match (disposition_id, action_id) {
        (Some(2 | 6), _) | (None, Some(2)) => Action::Blocked,
        (Some(3 | 9), _) => Action::Quarantined,
        (Some(5), _) => Action::Deleted,
        _ => Action::Detected,
    }
}

fn alert_file(file: &File) -> AlertFile {
    // OCSF fingerprint: 1 MD5, 2 SHA-1, 3 SHA-256.
    let hash = |algorithm| file.hashes.iter().find(|hash| hash.algorithm_id == Some(algorithm)).map(|hash| hash.value.to_lowercase());
    AlertFile { path: file.path.clone().or_else(|| file.name.clone()), sha256: hash(3), sha1: hash(2), md5: hash(1) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    // covers: S1-59
    #[test]
    fn a_detection_finding_is_an_alert() {
        let finding = json!({
            "class_uid": 2004, "time": 1_790_000_000_000_i64, "disposition_id": 3,
            "finding_info": {"uid": "F-1", "title": "Trojan:W97M"}, "metadata": {"product": {"name": "EDR"}},
            "device": {"hostname": "PC-014"},
            "evidences": [{"process": {"pid": 4242, "uid": "{a-b}", "file": {"path": "C:\\x.exe", "hashes": [{"algorithm_id": 3, "value": "AB"}]}}}],
        });
        let alert = ProductAlert::from_json(finding).unwrap();
        assert_eq!((alert.host.as_str(), alert.action), ("PC-014", Action::Quarantined));
        assert_eq!(alert.file.unwrap().sha256.as_deref(), Some("ab"));
        assert_eq!(alert.process.unwrap().pid, Some(4242));
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = ProductAlert::from_json(json!({"class_uid": 2004, "time": 0, "finding_info": {"uid": "F"}})).unwrap_err();
        assert!(error.to_string().contains("device.hostname"), "{error}");
        let error = ProductAlert::from_json(json!({"id": "1"})).unwrap_err();
        assert!(error.to_string().contains("host"), "{error}");
        let error = ProductAlert::from_json(json!({"class_uid": 1007})).unwrap_err();
        assert!(error.to_string().contains("2004"), "{error}");
    }

    // covers: S1-18
    #[test]
    fn our_own_shape_names_the_kind_of_source() {
        let own = json!({"id": "1", "host": "h", "detected_at": "2026-11-21T03:08:12Z", "source_kind": "device", "product": "p", "name": "n", "action": "blocked"});
        assert_eq!(ProductAlert::from_json(own).unwrap().source_kind, SourceKind::Device);
    }
}
