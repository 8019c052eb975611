//! MISP warning lists and STIX 2.1 bundles. JSON that does not parse is refused as a whole: a list cut in transit is no list.

use std::sync::LazyLock;

use hikeshi_domain::phrase::Phrase;
use regex::Regex;
use serde::Deserialize;

use super::read::Reading;
use super::value::{Value, value};

/// What both formats have at the top.
#[derive(Deserialize)]
struct Document {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    list: Option<Vec<serde_json::Value>>,
    #[serde(default)]
    objects: Option<Vec<serde_json::Value>>,
}

/// One comparison of a STIX pattern: what is compared, and with which text.
static COMPARISON: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"([a-z0-9-]+:(?:[A-Za-z0-9_.-]|'[^']*')+)\s*=\s*'((?:[^'\\]|\\.)*)'").ok());

/// Reads the document.
pub(super) fn read(bytes: &[u8], reading: &mut Reading) {
    let document: Document = match serde_json::from_slice(bytes) {
        Ok(document) => document,
        Err(error) => return reading.refuse(Phrase::new("list.refused.json").with("detail", error.to_string())),
    };
    match (document.list, document.objects) {
        (Some(list), _) => warning_list(&list, document.kind.as_deref().unwrap_or("string"), reading),
        (None, Some(objects)) => bundle(&objects, reading),
        (None, None) => reading.refuse(Phrase::new("list.refused.json_shape")),
    }
}

/// A warning list of type `hostname` means what lies below, too.
fn warning_list(list: &[serde_json::Value], kind: &str, reading: &mut Reading) {
    if !["string", "hostname", "cidr"].contains(&kind) {
        return reading.refuse(Phrase::new("list.refused.misp_type").with("type", kind));
    }
    for (number, entry) in (1_u64..).zip(list) {
        let text = entry.as_str().unwrap_or_default();
        let goes_on = match value(text) {
            Ok(Value::Name { name, below }) => reading.add(Value::Name { name, below: below || kind == "hostname" }, ""),
            Ok(value) => reading.add(value, ""),
            Err(reason) => reading.reject(number, reason, text),
        };
        if !goes_on {
            return;
        }
    }
}

fn bundle(objects: &[serde_json::Value], reading: &mut Reading) {
    for (number, object) in (1_u64..).zip(objects) {
        let text = |key: &str| object.get(key).and_then(serde_json::Value::as_str).unwrap_or_default();
        let revoked = object.get("revoked").and_then(serde_json::Value::as_bool).unwrap_or(false);
        if text("type") == "indicator" && !revoked && !pattern(number, text("pattern"), text("name"), reading) {
            return;
        }
    }
}

/// Takes a pattern that is nothing but comparisons joined by OR: each of them alone means harm. What must come together is more than a
/// list can say.
fn pattern(number: u64, pattern: &str, name: &str, reading: &mut Reading) -> bool {
    let Some(comparison) = COMPARISON.as_ref() else { return true };
    let rest = comparison.replace_all(pattern, "");
    let joined = rest.split(|letter: char| letter.is_whitespace() || "[]()".contains(letter)).all(|word| word.is_empty() || word == "OR");
    if !joined || !comparison.is_match(pattern) {
        return reading.reject(number, "stix_pattern", pattern);
    }
    comparison.captures_iter(pattern).all(|found| {
        let part = |place: usize| found.get(place).map_or("", |part| part.as_str());
        let known = ["file:hashes.", "domain-name:value", "ipv4-addr:value", "ipv6-addr:value", "url:value"];
        match known.iter().any(|path| part(1).starts_with(path)) {
            true => reading.take(number, &part(2).replace("\\'", "'").replace("\\\\", "\\"), name),
            false => reading.reject(number, "stix_object", part(1)),
        }
    })
}
