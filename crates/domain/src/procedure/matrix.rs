//! `playbook/matrix.yaml`: types and severities with their examples, flows with what they bring, cells with their alternatives.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_saphyr::Spanned;

use crate::incident::{IncidentType, ResponseFlow, Severity};
use crate::phrase::Language;
use crate::playbook::{Files, PlaybookError};

/// Where it stands.
pub(super) const PATH: &str = "matrix.yaml";

/// How many examples stand beside each type and level (S4-84, S4-91).
const EXAMPLES: usize = 5;

/// A text of the playbook in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// 日本語.
    pub ja: String,
    /// English.
    pub en: String,
}

impl Words {
    /// The text in a language.
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::Ja => &self.ja,
            Language::En => &self.en,
        }
    }
}

/// A type, level or flow as a person reads it beside the choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its name.
    pub name: Words,
    /// What it means.
    pub meaning: Words,
    /// Five examples; none for flows.
    pub examples: Vec<Words>,
    /// The requirement that it answers.
    pub source: String,
}

/// The matrix, complete: every type, level, flow and cell is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    pub(super) version: String,
    types: BTreeMap<IncidentType, Entry>,
    severities: BTreeMap<Severity, Entry>,
    flows: BTreeMap<ResponseFlow, (Entry, BTreeSet<ResponseFlow>)>,
    cells: BTreeMap<(IncidentType, Severity), Vec<ResponseFlow>>,
}

impl Matrix {
    /// The alternatives of a cell, as the matrix lists them.
    pub fn cell(&self, incident_type: IncidentType, severity: Severity) -> &[ResponseFlow] {
        self.cells.get(&(incident_type, severity)).map_or(&[], Vec::as_slice)
    }

    /// The types in order, each with what stands beside it.
    pub fn types(&self) -> impl Iterator<Item = (IncidentType, &Entry)> {
        self.types.iter().map(|(incident_type, entry)| (*incident_type, entry))
    }

    /// The levels, least first.
    pub fn severities(&self) -> impl Iterator<Item = (Severity, &Entry)> {
        self.severities.iter().map(|(severity, entry)| (*severity, entry))
    }

    /// The flows, lightest first.
    pub fn flows(&self) -> impl Iterator<Item = (ResponseFlow, &Entry)> {
        self.flows.iter().map(|(flow, (entry, _))| (*flow, entry))
    }

    /// The flows with all that they bring: Record always, Handle with Disclose, Record and Prevent after Handle, Disclose after
    /// ExternalHelp (S4-23, S4-44, S4-48, S4-67). No flow gives Record.
    pub fn with_what_they_bring(&self, flows: &BTreeSet<ResponseFlow>) -> BTreeSet<ResponseFlow> {
        let mut all = flows.clone();
        all.insert(ResponseFlow::Record);
        loop {
            let brought = all.iter().filter_map(|flow| self.flows.get(flow)).flat_map(|(_, brings)| brings.iter().copied());
            let wider: BTreeSet<ResponseFlow> = brought.chain(all.iter().copied()).collect();
            if wider == all {
                return all;
            }
            all = wider;
        }
    }

    pub(super) fn load(files: &Files) -> Result<Self, PlaybookError> {
        let written: Written = files.read(PATH)?;
        let mut types = BTreeMap::new();
        for (incident_type, option) in written.types {
            types.insert(incident_type, entry(&incident_type.to_string(), option)?);
        }
        let mut severities = BTreeMap::new();
        for (severity, option) in written.severities {
            severities.insert(severity, entry(&severity.to_string(), option)?);
        }
        let mut flows = BTreeMap::new();
        for (flow, written) in written.flows {
            let entry = Entry { name: written.name, meaning: written.meaning, examples: Vec::new(), source: written.source };
            flows.insert(flow, (entry, written.brings));
        }
        let mut cells = BTreeMap::new();
        for (incident_type, column) in written.cells {
            for (severity, flows) in column.value.cells()? {
                cells.insert((incident_type, severity), flows);
            }
        }
        complete("types", &IncidentType::ALL, |incident_type| types.contains_key(incident_type))?;
        complete("severities", &Severity::ALL, |severity| severities.contains_key(severity))?;
        complete("flows", &ResponseFlow::ALL, |flow| flows.contains_key(flow))?;
        complete("cells", &IncidentType::ALL, |incident_type| cells.contains_key(&(*incident_type, Severity::Lv1)))?;
        Ok(Matrix { version: written.version, types, severities, flows, cells })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: String,
    types: BTreeMap<IncidentType, Spanned<WrittenEntry>>,
    severities: BTreeMap<Severity, Spanned<WrittenEntry>>,
    flows: BTreeMap<ResponseFlow, WrittenFlow>,
    cells: BTreeMap<IncidentType, Spanned<Column>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEntry {
    name: Words,
    meaning: Words,
    source: String,
    examples: Vec<Words>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFlow {
    name: Words,
    meaning: Words,
    brings: BTreeSet<ResponseFlow>,
    source: String,
}

/// One column of the matrix. All five levels must be there: serde names the line where one is missing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Column {
    #[serde(rename = "source")]
    _source: String,
    #[serde(rename = "1")]
    lv1: Spanned<Vec<ResponseFlow>>,
    #[serde(rename = "2")]
    lv2: Spanned<Vec<ResponseFlow>>,
    #[serde(rename = "3")]
    lv3: Spanned<Vec<ResponseFlow>>,
    #[serde(rename = "4")]
    lv4: Spanned<Vec<ResponseFlow>>,
    #[serde(rename = "5")]
    lv5: Spanned<Vec<ResponseFlow>>,
}

impl Column {
    fn cells(self) -> Result<Vec<(Severity, Vec<ResponseFlow>)>, PlaybookError> {
        let rows = Severity::ALL.into_iter().zip([self.lv1, self.lv2, self.lv3, self.lv4, self.lv5]);
        rows.map(|(severity, flows)| {
            let line = flows.referenced.line();
            let distinct: BTreeSet<ResponseFlow> = flows.value.iter().copied().collect();
            if flows.value.is_empty() || distinct.len() != flows.value.len() {
                return Err(PlaybookError::at(PATH, line, format!("{severity}: expected one or more different flows")));
            }
            Ok((severity, flows.value))
        })
        .collect()
    }
}

fn entry(word: &str, written: Spanned<WrittenEntry>) -> Result<Entry, PlaybookError> {
    let line = written.referenced.line();
    let WrittenEntry { name, meaning, source, examples } = written.value;
    let found = examples.len();
    if found != EXAMPLES {
        return Err(PlaybookError::at(PATH, line, format!("`{word}`: expected {EXAMPLES} examples, found {found}")));
    }
    Ok(Entry { name, meaning, examples, source })
}

fn complete<T: std::fmt::Display>(part: &str, all: &[T], has: impl Fn(&T) -> bool) -> Result<(), PlaybookError> {
    match all.iter().find(|one| !has(one)) {
        Some(missing) => Err(PlaybookError::at(PATH, 0, format!("`{part}`: expected an entry for `{missing}`, found none"))),
        None => Ok(()),
    }
}
