//! The exception list (例外リスト): what an organisation excuses, who said so, why, and until when.
//!
//! Registered is not in effect: an entry excuses only from `effective_from`, which the endpoint's protection confirms.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::entity::{Entity, Index, IndexValue};
use crate::id::{ExceptionId, OrganizationId, PersonId, ReferenceListId};

/// What is excused. Text compares without regard to case, as Windows does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Excused {
    /// A file by its SHA-256, SHA-1 or MD5.
    Hash {
        /// Hexadecimal.
        hash: String,
    },
    /// Every validly signed file of a publisher.
    Signer {
        /// The signer's name as the log writes it.
        name: String,
    },
    /// Files by path; `*` stands for any run of characters.
    Path {
        /// The pattern.
        pattern: String,
    },
    /// A behaviour: a detection rule that may match on these hosts without meaning harm.
    Behaviour {
        /// The rule's id.
        rule_id: String,
        /// Only where the process's path fits; `*` stands for any run of characters.
        image: Option<String>,
    },
}

/// The reference list of known good for which the desk registered an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CitedList {
    /// The list.
    pub id: ReferenceListId,
    /// Its name then.
    pub name: String,
    /// Its version then.
    pub version: u64,
    /// Its date then.
    pub dated: Timestamp,
}

/// One entry of the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exception {
    /// Its name.
    pub id: ExceptionId,
    /// The tenant.
    pub org: OrganizationId,
    /// What is excused.
    pub excused: Excused,
    /// Who registered it; where the desk did for a reference list, whoever brought that.
    pub by: PersonId,
    /// The list for which the desk registered it; `None` where a person did.
    #[serde(default)]
    pub list: Option<CitedList>,
    /// Why.
    pub reason: String,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// When it came into effect; `None` while it is only registered.
    pub effective_from: Option<Timestamp>,
    /// When it ends; `None` until somebody ends it.
    pub until: Option<Timestamp>,
}

impl Excused {
    /// The word in JSON and index.
    pub const fn kind(&self) -> &'static str {
        match self {
            Excused::Hash { .. } => "hash",
            Excused::Signer { .. } => "signer",
            Excused::Path { .. } => "path",
            Excused::Behaviour { .. } => "behaviour",
        }
    }

    /// What is compared.
    pub fn value(&self) -> &str {
        match self {
            Excused::Hash { hash } => hash,
            Excused::Signer { name } => name,
            Excused::Path { pattern } => pattern,
            Excused::Behaviour { rule_id, .. } => rule_id,
        }
    }
}

impl Entity for Exception {
    const KIND: &'static str = "exception";
    const ERASABLE: bool = false;

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn org(&self) -> Option<OrganizationId> {
        Some(self.org)
    }

    fn index(&self) -> Vec<(&'static str, IndexValue)> {
        Index::new()
            .with("kind", self.excused.kind())
            .with("registered_at", self.registered_at)
            .with_each("effective_from", self.effective_from)
            .with_each("until", self.until)
            .fields()
    }

    fn search_text(&self) -> String {
        format!("{} {}", self.excused.value(), self.reason)
    }
}

/// Where an entry stands at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Written down, excuses nothing yet.
    Registered,
    /// Excuses.
    InEffect,
    /// Over.
    Ended,
}

/// What is known of a file when the list is asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct FileFacts<'a> {
    /// Full path.
    pub path: Option<&'a str>,
    /// SHA-256.
    pub sha256: Option<&'a str>,
    /// SHA-1.
    pub sha1: Option<&'a str>,
    /// MD5.
    pub md5: Option<&'a str>,
    /// Signer, only where the signature was valid.
    pub valid_signer: Option<&'a str>,
}

impl Exception {
    /// Where the entry stands at `now`.
    pub fn effect(&self, now: Timestamp) -> Effect {
        if self.until.is_some_and(|until| now >= until) {
            Effect::Ended
        } else if self.effective_from.is_some_and(|from| now >= from) {
            Effect::InEffect
        } else {
            Effect::Registered
        }
    }

    /// Whether the entry excuses the file at `now`.
    pub fn excuses_file(&self, file: &FileFacts<'_>, now: Timestamp) -> bool {
        let fits = match &self.excused {
            Excused::Hash { hash } => {
                [file.sha256, file.sha1, file.md5].into_iter().flatten().any(|known| known.eq_ignore_ascii_case(hash.trim()))
            }
            Excused::Signer { name } => file.valid_signer.is_some_and(|signer| signer.eq_ignore_ascii_case(name)),
            Excused::Path { pattern } => file.path.is_some_and(|path| fits_pattern(pattern, path)),
            Excused::Behaviour { .. } => false,
        };
        fits && self.effect(now) == Effect::InEffect
    }

    /// Whether the entry excuses a match of the rule by the process at `now`.
    pub fn excuses_match(&self, rule_id: &str, image: Option<&str>, now: Timestamp) -> bool {
        let Excused::Behaviour { rule_id: excused, image: pattern } = &self.excused else { return false };
        let image_fits = pattern.as_deref().is_none_or(|pattern| image.is_some_and(|image| fits_pattern(pattern, image)));
        excused.eq_ignore_ascii_case(rule_id) && image_fits && self.effect(now) == Effect::InEffect
    }
}

/// Whether a text fits a pattern in which `*` stands for any run of characters; case does not matter. Linear in both but for
/// the last star, which it retries: at most `pattern × text` steps.
pub fn fits_pattern(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().flat_map(char::to_lowercase).collect();
    let text: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                retry = Some((p, t));
                p += 1;
            }
            Some(expected) if Some(expected) == text.get(t) => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                Some((star, from)) => {
                    retry = Some((star, from + 1));
                    p = star + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn entry(excused: Excused) -> Exception {
        Exception {
            id: ExceptionId(Uuid::nil()),
            org: OrganizationId(Uuid::nil()),
            excused,
            by: PersonId(Uuid::nil()),
            list: None,
            reason: "in-house accounting tool".into(),
            registered_at: at("2026-11-01T00:00:00Z"),
            effective_from: Some(at("2026-11-02T00:00:00Z")),
            until: Some(at("2026-12-01T00:00:00Z")),
        }
    }

    #[test]
    fn registered_is_not_in_effect() {
        let entry = entry(Excused::Hash { hash: "AB".into() });
        let file = FileFacts { sha256: Some("ab"), ..FileFacts::default() };
        let states = [
            ("2026-11-01T12:00:00Z", Effect::Registered, false),
            ("2026-11-02T00:00:00Z", Effect::InEffect, true),
            ("2026-11-30T23:59:59Z", Effect::InEffect, true),
            ("2026-12-01T00:00:00Z", Effect::Ended, false),
        ];
        for (now, effect, excuses) in states {
            assert_eq!(entry.effect(at(now)), effect, "{now}");
            assert_eq!(entry.excuses_file(&file, at(now)), excuses, "{now}");
        }
        let only_registered = Exception { effective_from: None, until: None, ..entry };
        assert_eq!(only_registered.effect(at("2030-01-01T00:00:00Z")), Effect::Registered);
    }

    #[test]
    fn files_are_excused_by_hash_signer_or_path() {
        let now = at("2026-11-20T00:00:00Z");
        let file =
            FileFacts { path: Some(r"C:\Tools\Acct\acct.exe"), md5: Some("0f"), valid_signer: Some("Example KK"), ..FileFacts::default() };
        let fits = |excused| entry(excused).excuses_file(&file, now);
        assert!(fits(Excused::Hash { hash: "0F".into() }));
        assert!(!fits(Excused::Hash { hash: "0e".into() }));
        assert!(fits(Excused::Signer { name: "example kk".into() }));
        assert!(!fits(Excused::Signer { name: "Other KK".into() }));
        assert!(fits(Excused::Path { pattern: r"c:\tools\*\*.exe".into() }));
        assert!(!fits(Excused::Path { pattern: r"c:\tools\*.dll".into() }));
        assert!(!fits(Excused::Behaviour { rule_id: "r".into(), image: None }));
    }

    #[test]
    fn behaviour_is_excused_for_the_named_program_only() {
        let now = at("2026-11-20T00:00:00Z");
        let entry = entry(Excused::Behaviour { rule_id: "rule-1".into(), image: Some(r"*\backup.exe".into()) });
        assert!(entry.excuses_match("RULE-1", Some(r"C:\Backup\Backup.exe"), now));
        assert!(!entry.excuses_match("rule-1", Some(r"C:\Temp\evil.exe"), now));
        assert!(!entry.excuses_match("rule-1", None, now));
        assert!(!entry.excuses_match("rule-2", Some(r"C:\Backup\Backup.exe"), now));
    }

    #[test]
    fn patterns_end_where_the_text_ends() {
        let vectors =
            [("*", "", true), ("", "", true), ("", "a", false), ("a*c", "abbc", true), ("a*c", "abcd", false), ("*表*", r"C:\表\a", true)];
        for (pattern, text, expected) in vectors {
            assert_eq!(fits_pattern(pattern, text), expected, "`{pattern}` on `{text}`");
        }
    }
}
