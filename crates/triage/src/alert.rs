//! Files of alerts: one, an array, or one a line; each in our own shape or as OCSF Detection Finding.

use hikeshi_domain::alert::ProductAlert;
use serde_json::Value;

/// Why a text is no alert.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AlertError {
    /// No JSON.
    #[error("the alert is no JSON: {0}")]
    NoJson(String),
    /// JSON, but a field is missing or wrong.
    #[error("alert {number}: {reason}")]
    Shape {
        /// Which alert, from 1.
        number: usize,
        /// What was expected.
        reason: String,
    },
}

/// Reads one alert, an array of them, or one a line.
///
/// # Errors
/// Names the first alert that cannot be used, and why.
pub fn read_alerts(text: &str) -> Result<Vec<ProductAlert>, AlertError> {
    let stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let values: Vec<Value> = stream.collect::<Result<_, _>>().map_err(|error| AlertError::NoJson(error.to_string()))?;
    let single: Vec<Value> = values.into_iter().flat_map(|value| if let Value::Array(many) = value { many } else { vec![value] }).collect();
    let read =
        |(at, value)| ProductAlert::from_json(value).map_err(|error| AlertError::Shape { number: at + 1, reason: error.to_string() });
    single.into_iter().enumerate().map(read).collect()
}

#[cfg(test)]
mod tests {
    use hikeshi_domain::alert::SourceKind;

    use super::*;

    #[test]
    fn our_own_shape_by_itself_in_an_array_or_by_lines() {
        let one = r#"{"id":"a","host":"PC","detected_at":"2026-11-21T00:00:00Z","source_kind":"device","product":"AV","name":"X","action":"blocked"}"#;
        assert_eq!(read_alerts(one).unwrap().len(), 1);
        assert_eq!(read_alerts(&format!("[{one},{one}]")).unwrap().len(), 2);
        assert_eq!(read_alerts(&format!("{one}\n{one}\n")).unwrap().len(), 2);
        assert_eq!(read_alerts(one).unwrap()[0].source_kind, SourceKind::Device);
    }

    #[test]
    fn what_is_no_alert_says_why() {
        assert!(matches!(read_alerts("nothing"), Err(AlertError::NoJson(_))));
        assert!(read_alerts("{}").unwrap_err().to_string().contains("missing field"));
        assert!(read_alerts(r#"{"class_uid":2001}"#).unwrap_err().to_string().starts_with("alert 1: "));
    }
}
