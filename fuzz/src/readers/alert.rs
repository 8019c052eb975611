//! Alerts of products: our own shape and OCSF Detection Findings.

use std::path::Path;

use hikeshi_domain::alert::ProductAlert;
use hikeshi_triage::read_alerts;

/// Reads a body or file of alerts. What is taken must come back the same from what it is kept as.
pub(crate) fn alerts(bytes: &[u8], _: &Path) -> u64 {
    let Ok(text) = std::str::from_utf8(bytes) else { return 0 };
    let Ok(alerts) = read_alerts(text) else { return 0 };
    for alert in &alerts {
        let kept = serde_json::to_value(alert).expect("an alert is JSON");
        assert_eq!(ProductAlert::from_json(kept).expect("our own shape"), *alert);
    }
    alerts.len() as u64
}
