//! Drills: scenarios that generate telemetry, alerts and mails, so that people and machines practise on what is consistent.
//!
//! A scenario is a file of `playbook/drills`; `office.yaml` beside it holds the ordinary noise, `events.yaml` the shapes of events,
//! `fit.yaml` how many different values real logs have. The same seed and options give the same bytes. Nothing here sends
//! anything: what is generated is handed to the caller, item by item, in constant memory.

mod chance;
mod computer;
mod generate;
mod office;
mod pairs;
mod scenario;
mod stats;
mod story;
mod template;
mod vocabulary;

pub use generate::{DrillAlert, Event, Generator, Item, Mail, Options, OptionsError};
use hikeshi_domain::playbook::{Files, PlaybookError};
pub use scenario::Scenario;
pub use stats::{FieldCount, Stats};
pub use vocabulary::{Fit, Growth};

/// Files of `playbook/drills` that are no scenarios.
const LIBRARY: [&str; 3] = ["drills/events.yaml", "drills/fit.yaml", "drills/office.yaml"];

/// Names of the scenarios, ascending.
pub fn list(files: &Files) -> Vec<String> {
    let names = files.under("drills/").into_keys().filter(|path| !LIBRARY.contains(path));
    names.filter_map(|path| path.strip_prefix("drills/")?.strip_suffix(".yaml").map(str::to_owned)).collect()
}

/// Reads and compiles a scenario.
///
/// # Errors
/// When there is none of that name, or a file is wrong: its name, the line and what was expected.
pub fn load(name: &str, files: &Files) -> Result<Scenario, PlaybookError> {
    let known = list(files);
    if !known.iter().any(|known| known == name) {
        return Err(PlaybookError::at(&format!("drills/{name}.yaml"), 0, format!("no such drill; expected one of: {}", known.join(", "))));
    }
    Scenario::load(name, files)
}
