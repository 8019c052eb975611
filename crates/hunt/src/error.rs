//! What is wrong with a query, in words that help to mend it.

use datafusion::common::utils::datafusion_strsim::normalized_levenshtein;
use datafusion::common::{DataFusionError, SchemaError};
use serde::Serialize;

/// Why a query gave no rows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum HuntError {
    /// The text is no SQL.
    #[error("{message}")]
    Syntax {
        /// What was expected.
        message: String,
        /// Line from 1.
        line: Option<u64>,
        /// Column from 1.
        column: Option<u64>,
    },
    /// SQL, but not one SELECT over the tables of the lake.
    #[error("{message}")]
    Refused {
        /// Why, and what is allowed.
        message: String,
    },
    /// A table, column or function is not there, or types do not fit.
    #[error("{message}")]
    Invalid {
        /// What, and what may have been meant.
        message: String,
        /// Line from 1.
        line: Option<u64>,
        /// Column from 1.
        column: Option<u64>,
        /// Names that may have been meant.
        suggestions: Vec<String>,
    },
    /// A column is not there.
    #[error("there is no column `{name}`{}", meant(.close))]
    NoColumn {
        /// As the query names it.
        name: String,
        /// Columns that may have been meant.
        close: Vec<String>,
    },
    /// A limit stopped the query.
    #[error("the query was stopped by a limit: {limit}")]
    Limit {
        /// Which.
        limit: String,
    },
    /// The lake could not be read.
    #[error("the query failed: {message}")]
    Failed {
        /// Why.
        message: String,
    },
}

impl HuntError {
    /// The engine's words for an invalid or failed query.
    pub(crate) fn of(error: &DataFusionError) -> Self {
        let root = error.find_root();
        let message = tidy(&root.to_string());
        match root {
            DataFusionError::SQL(..) => {
                let (line, column) = position(&message);
                HuntError::Syntax { message, line, column }
            }
            DataFusionError::SchemaError(schema, _) if matches!(**schema, SchemaError::FieldNotFound { .. }) => no_column(schema),
            DataFusionError::ResourcesExhausted(_) => HuntError::Limit { limit: "memory".to_owned() },
            DataFusionError::Plan(_) | DataFusionError::SchemaError(..) | DataFusionError::NotImplemented(_) => invalid(error, message),
            _ => HuntError::Failed { message },
        }
    }
}

fn no_column(error: &SchemaError) -> HuntError {
    const SHOWN: usize = 5;
    let SchemaError::FieldNotFound { field, valid_fields } = error else { return HuntError::Failed { message: error.to_string() } };
    let name = field.name();
    let mut close: Vec<&str> = valid_fields.iter().map(|valid| valid.name()).filter(|valid| alike(name, valid)).collect();
    close.sort_unstable();
    close.dedup();
    HuntError::NoColumn { name: name.to_owned(), close: close.into_iter().take(SHOWN).map(str::to_owned).collect() }
}

/// One of the names holds a word of the other, or they differ by few letters: `image` and `process_image`, `hots` and `host`.
fn alike(name: &str, column: &str) -> bool {
    const ALIKE: f64 = 0.5;
    let name = name.to_lowercase();
    let word = |part: &str| part.len() > 2 && column.split('_').any(|word| word == part);
    name.split('_').any(word) || normalized_levenshtein(&name, column) >= ALIKE
}

fn meant(close: &[String]) -> String {
    if close.is_empty() { String::new() } else { format!("; perhaps {}", close.join(", ")) }
}

fn invalid(error: &DataFusionError, message: String) -> HuntError {
    let diagnostic = error.diagnostic();
    let start = diagnostic.and_then(|diagnostic| diagnostic.span).map(|span| span.start);
    let suggestions = diagnostic.into_iter().flat_map(|diagnostic| &diagnostic.notes).map(|note| note.message.clone()).collect();
    HuntError::Invalid { message, line: start.map(|at| at.line), column: start.map(|at| at.column), suggestions }
}

/// The sentence without the engine's own labels.
fn tidy(message: &str) -> String {
    let labels = ["Error during planning: ", "Schema error: ", "SQL error: ", "ParserError(", "This feature is not implemented: "];
    let mut text = message;
    for label in labels {
        text = text.strip_prefix(label).unwrap_or(text);
    }
    text.trim_end_matches(')').trim_matches('"').to_owned()
}

/// `… at Line: 1, Column: 8`, as the parser writes it.
fn position(message: &str) -> (Option<u64>, Option<u64>) {
    let after = |label: &str| {
        let (_, rest) = message.rsplit_once(label)?;
        rest.trim_start().split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
    };
    (after("Line:"), after("Column:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_may_be_meant() {
        assert!(alike("image", "process_image"));
        assert!(alike("hots", "host"));
        assert!(alike("Process_Name", "process_image"));
        assert!(!alike("colour", "host"));
    }

    #[test]
    fn the_parsers_position_is_read() {
        assert_eq!(position("Expected: an expression, found: FROM at Line: 2, Column: 14"), (Some(2), Some(14)));
        assert_eq!(position("no place"), (None, None));
    }
}
