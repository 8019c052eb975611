//! The log files that cited events stand in: a row says `F2`, one key says the whole path.

use std::collections::HashMap;

use hikeshi_domain::triage::{EventRef, Triage};
use serde::Serialize;

use super::{evidence, sections};
use crate::printable::one_line;
use crate::words::Words;

/// A log file by the mark that rows use for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileView {
    /// `F2`; empty where all events stand in one file and rows need no mark.
    pub number: String,
    /// Its path as it was given, inside an archive too.
    pub path: String,
}

/// The files of the events that the report shows, in the order in which a reader meets them.
pub(super) struct Files<'a> {
    marks: HashMap<&'a str, String>,
    paths: Vec<&'a str>,
}

impl<'a> Files<'a> {
    pub(super) fn of(triage: &'a Triage) -> Self {
        let mut paths: Vec<&str> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut elsewhere = false;
        for event in evidence::shown_events(triage).chain(sections::shown_events(triage)) {
            match event.path.as_deref() {
                Some(path) => {
                    places.entry(path).or_insert_with(|| {
                        paths.push(path);
                        paths.len()
                    });
                }
                None => elsewhere = true,
            }
        }
        let marked = paths.len() > 1 || elsewhere;
        let marks = places.into_iter().filter(|_| marked).map(|(path, place)| (path, format!("F{place}"))).collect();
        Files { marks, paths }
    }

    /// The key.
    pub(super) fn view(&self, words: Words) -> Vec<FileView> {
        let number = |path: &str| self.marks.get(path).cloned().unwrap_or_default();
        self.paths.iter().map(|path| FileView { number: number(path), path: words.foreign(path) }).collect()
    }

    /// Channel and number of an event, and its file where there are several: `Sysmon #4211 · F2`.
    pub(super) fn source(&self, event: &EventRef, words: Words) -> String {
        let channel = event.channel.strip_prefix("Microsoft-Windows-").unwrap_or(&event.channel);
        let channel = channel.strip_suffix("/Operational").unwrap_or(channel);
        let number = event.record_id.map(|number| format!(" #{number}")).unwrap_or_default();
        let file = event.path.as_deref().and_then(|path| self.marks.get(path)).map(|mark| format!(" · {mark}")).unwrap_or_default();
        one_line(&format!("{}{number}{file}", words.foreign(channel))).into_owned()
    }
}
