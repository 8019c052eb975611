//! Traffic Light Protocol 2.0 (FIRST, August 2022).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Who may read a thing. Ordered from the widest circle to the narrowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
pub enum Tlp {
    /// The world.
    #[serde(rename = "TLP:CLEAR", alias = "TLP:WHITE")]
    Clear,
    /// The community.
    #[serde(rename = "TLP:GREEN")]
    Green,
    /// The organisation and its clients, on a need-to-know basis. The default: unlabelled input is restricted (S0-58).
    #[default]
    #[serde(rename = "TLP:AMBER")]
    Amber,
    /// The organisation only.
    #[serde(rename = "TLP:AMBER+STRICT")]
    AmberStrict,
    /// The named recipients only.
    #[serde(rename = "TLP:RED")]
    Red,
}

impl Tlp {
    /// The label as the standard writes it.
    pub const fn label(self) -> &'static str {
        match self {
            Tlp::Clear => "TLP:CLEAR",
            Tlp::Green => "TLP:GREEN",
            Tlp::Amber => "TLP:AMBER",
            Tlp::AmberStrict => "TLP:AMBER+STRICT",
            Tlp::Red => "TLP:RED",
        }
    }

    /// The standard's colour of the letters, on black: `#rrggbb`.
    pub const fn colour(self) -> &'static str {
        match self {
            Tlp::Clear => "#FFFFFF",
            Tlp::Green => "#33FF00",
            Tlp::Amber | Tlp::AmberStrict => "#FFC000",
            Tlp::Red => "#FF2B2B",
        }
    }
}

impl fmt::Display for Tlp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// The text is no TLP label.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no TLP label; use CLEAR, GREEN, AMBER, AMBER+STRICT or RED")]
pub struct TlpError(String);

impl FromStr for Tlp {
    type Err = TlpError;

    /// With or without `TLP:`, any case; `WHITE` (TLP 1.0) is read as CLEAR.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let upper = text.trim().to_ascii_uppercase();
        match upper.strip_prefix("TLP:").unwrap_or(&upper).trim() {
            "CLEAR" | "WHITE" => Ok(Tlp::Clear),
            "GREEN" => Ok(Tlp::Green),
            "AMBER" => Ok(Tlp::Amber),
            "AMBER+STRICT" => Ok(Tlp::AmberStrict),
            "RED" => Ok(Tlp::Red),
            _ => Err(TlpError(text.to_owned())),
        }
    }
}
