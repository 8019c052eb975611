//! The words of an incident: what type it is, how severe, which flows answer it (S4-12 … S4-23, S4-79 … S4-89).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Incident type (類型).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum IncidentType {
    /// A-1 当社の事故・過失: error or mishap of own or partner staff (S4-79).
    #[serde(rename = "A-1")]
    A1,
    /// A-2 サービスの事故・過失: error or mishap in projects or systems (S4-80).
    #[serde(rename = "A-2")]
    A2,
    /// B-1 当社への侵害: clear intent to harm us or partner staff (S4-81).
    #[serde(rename = "B-1")]
    B1,
    /// B-2 サービスへの侵害: clear intent to harm projects or systems (S4-82).
    #[serde(rename = "B-2")]
    B2,
    /// C-1 その他: hard to classify (S4-83).
    #[serde(rename = "C-1")]
    C1,
}

impl IncidentType {
    /// All five, in the matrix's order.
    pub const ALL: [IncidentType; 5] = [IncidentType::A1, IncidentType::A2, IncidentType::B1, IncidentType::B2, IncidentType::C1];

    /// The word in JSON, URL and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            IncidentType::A1 => "A-1",
            IncidentType::A2 => "A-2",
            IncidentType::B1 => "B-1",
            IncidentType::B2 => "B-2",
            IncidentType::C1 => "C-1",
        }
    }
}

/// Severity (深刻度). Ordered: Lv1 is the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Severity {
    /// 未発: no actual harm, or very likely none (S4-85).
    Lv1,
    /// 軽度: actual harm, small effect (S4-86).
    Lv2,
    /// 中度: direct loss of money, breach of law, or an attack that partly succeeded (S4-87).
    Lv3,
    /// 重度I: serious harm to parties, or an attack that fully succeeded with wide effect (S4-88).
    Lv4,
    /// 重度II: grave damage with social responsibility (S4-89).
    Lv5,
}

impl Severity {
    /// All five, least first.
    pub const ALL: [Severity; 5] = [Severity::Lv1, Severity::Lv2, Severity::Lv3, Severity::Lv4, Severity::Lv5];

    /// 1 … 5.
    pub const fn level(self) -> u8 {
        match self {
            Severity::Lv1 => 1,
            Severity::Lv2 => 2,
            Severity::Lv3 => 3,
            Severity::Lv4 => 4,
            Severity::Lv5 => 5,
        }
    }
}

/// Response flow (対応フロー). Exactly five (S4-21). Ordered from the lightest to the heaviest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResponseFlow {
    /// 記録対応.
    Record,
    /// 予防対応.
    Prevent,
    /// 対処対応.
    Handle,
    /// 公表対応.
    Disclose,
    /// 外部協力要請.
    ExternalHelp,
}

impl ResponseFlow {
    /// All five, lightest first.
    pub const ALL: [ResponseFlow; 5] =
        [ResponseFlow::Record, ResponseFlow::Prevent, ResponseFlow::Handle, ResponseFlow::Disclose, ResponseFlow::ExternalHelp];

    /// The word in JSON, URL and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            ResponseFlow::Record => "record",
            ResponseFlow::Prevent => "prevent",
            ResponseFlow::Handle => "handle",
            ResponseFlow::Disclose => "disclose",
            ResponseFlow::ExternalHelp => "external-help",
        }
    }
}

/// The text names no type, level or flow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IncidentWordError {
    /// No incident type.
    #[error("`{0}` is no incident type; use A-1, A-2, B-1, B-2 or C-1")]
    Type(String),
    /// No severity.
    #[error("`{0}` is no severity; use 1 to 5")]
    Severity(String),
    /// No flow.
    #[error("`{0}` is no response flow; use record, prevent, handle, disclose or external-help")]
    Flow(String),
}

impl fmt::Display for IncidentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for IncidentType {
    type Err = IncidentWordError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|incident_type| incident_type.name().eq_ignore_ascii_case(text.trim()));
        known.ok_or_else(|| IncidentWordError::Type(text.to_owned()))
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lv{}", self.level())
    }
}

impl FromStr for Severity {
    type Err = IncidentWordError;

    /// Reads `3` and `Lv3`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.trim().trim_start_matches(['L', 'l']).trim_start_matches(['V', 'v']);
        let level = digits.parse::<u8>().ok();
        level.and_then(|level| Severity::try_from(level).ok()).ok_or_else(|| IncidentWordError::Severity(text.to_owned()))
    }
}

impl TryFrom<u8> for Severity {
    type Error = IncidentWordError;

    fn try_from(level: u8) -> Result<Self, Self::Error> {
        let known = Self::ALL.into_iter().find(|severity| severity.level() == level);
        known.ok_or_else(|| IncidentWordError::Severity(level.to_string()))
    }
}

impl From<Severity> for u8 {
    fn from(severity: Severity) -> Self {
        severity.level()
    }
}

impl fmt::Display for ResponseFlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ResponseFlow {
    type Err = IncidentWordError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|flow| flow.name().eq_ignore_ascii_case(text.trim()));
        known.ok_or_else(|| IncidentWordError::Flow(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for incident_type in IncidentType::ALL {
            assert_eq!(incident_type.to_string().parse(), Ok(incident_type));
        }
        for severity in Severity::ALL {
            assert_eq!(severity.to_string().parse(), Ok(severity));
            assert_eq!(severity.level().to_string().parse(), Ok(severity));
        }
        for flow in ResponseFlow::ALL {
            assert_eq!(flow.to_string().parse(), Ok(flow));
        }
        assert_eq!("6".parse::<Severity>().unwrap_err().to_string(), "`6` is no severity; use 1 to 5");
        assert!("B-3".parse::<IncidentType>().is_err());
    }
}
