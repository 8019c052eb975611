//! `playbook/drills/office.yaml` and `events.yaml`: what an office's computers do all day, compiled for speed.

use std::collections::BTreeMap;

use hikeshi_domain::playbook::{Files, PlaybookError};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::chance::{Weighted, number_of};
use crate::pairs::Pairs;
use crate::template::{Piece, Place, Template, escaped};
use crate::vocabulary::{Fit, Growth};

const OFFICE: &str = "drills/office.yaml";
const EVENTS: &str = "drills/events.yaml";

/// A program, with its texts escaped for JSON.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) image: Template,
    pub(crate) command: Template,
    /// Its command line differs from start to start.
    pub(crate) varies: bool,
    pub(crate) parent: Option<usize>,
    pub(crate) person: bool,
    pub(crate) keep: bool,
    pub(crate) sha256: String,
    pub(crate) company: String,
    pub(crate) description: String,
    pub(crate) product: String,
    pub(crate) version: String,
    pub(crate) original: String,
}

/// A kind of event: its channel, and the line up to the record number and from the time on.
#[derive(Debug, Clone)]
pub(crate) struct Kind {
    pub(crate) channel: usize,
    head: String,
    fields: Vec<(String, String)>,
}

/// A compiled line of a kind of event, with its own fields.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) channel: usize,
    /// `{"Channel":…,"EventID":…,"Computer":"`
    pub(crate) head: String,
    /// The fields, from after the time to the closing brace.
    pub(crate) body: Template,
}

/// The values of a field.
#[derive(Debug, Clone)]
pub(crate) struct Vocabulary {
    pub(crate) growth: Growth,
    /// The earliest values, which are also the most common ones.
    pub(crate) first: Vec<Template>,
    pub(crate) of: Vec<Template>,
    pub(crate) salt: u64,
}

/// Something that goes on.
#[derive(Debug, Clone)]
pub(crate) struct Activity {
    pub(crate) line: Line,
    pub(crate) by: Weighted<usize>,
}

/// One draw of what happens next on a computer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Next {
    Start,
    Activity(usize),
}

/// The office, compiled.
#[derive(Debug, Clone)]
pub(crate) struct Office {
    pub(crate) programs: Vec<Program>,
    pub(crate) boot: Vec<usize>,
    pub(crate) logon: Vec<usize>,
    pub(crate) on_start: Vec<Line>,
    pub(crate) on_stop: Vec<Line>,
    pub(crate) on_logon: Vec<Line>,
    pub(crate) on_logoff: Vec<Line>,
    pub(crate) starts: Weighted<usize>,
    pub(crate) at_once: usize,
    pub(crate) next: Weighted<Next>,
    pub(crate) activities: Vec<Activity>,
    pub(crate) vocabularies: Vec<Vocabulary>,
    /// Growth of command lines: the number of the command is what a program's text is made from.
    pub(crate) commands: Growth,
    pub(crate) words: Vec<String>,
    kinds: BTreeMap<String, Kind>,
    pub(crate) channels: usize,
}

impl Office {
    /// Reads and compiles. `more` are the scenario's own programs.
    pub(crate) fn load(files: &Files, fit: &Fit, more: Pairs<WrittenProgram>) -> Result<Self, PlaybookError> {
        let written: Written = files.read(OFFICE)?;
        let (kinds, channels) = kinds(files)?;
        let wrong = |expected: String| PlaybookError::at(OFFICE, 0, expected);
        let programs = programs(written.programs, more).map_err(wrong)?;
        let mut office = Office {
            boot: named(&programs, &written.boot).map_err(wrong)?,
            logon: named(&programs, &written.logon).map_err(wrong)?,
            starts: weighted(&programs, &written.starts).map_err(wrong)?,
            at_once: written.at_once,
            next: Weighted::new(Vec::new()),
            activities: Vec::new(),
            vocabularies: Vec::new(),
            commands: growth(fit, "1 CommandLine").map_err(wrong)?,
            words: written.words.iter().map(|word| escaped(word)).collect(),
            on_start: Vec::new(),
            on_stop: Vec::new(),
            on_logon: Vec::new(),
            on_logoff: Vec::new(),
            programs,
            kinds,
            channels,
        };
        office.on_start = office.lines(&written.on_start).map_err(wrong)?;
        office.on_stop = office.lines(&written.on_stop).map_err(wrong)?;
        office.on_logon = office.lines(&written.on_logon).map_err(wrong)?;
        office.on_logoff = office.lines(&written.on_logoff).map_err(wrong)?;
        let mut next = vec![(Next::Start, written.start_weight)];
        for (index, activity) in written.activities.into_iter().enumerate() {
            next.push((Next::Activity(index), activity.weight));
            office.add(activity, fit).map_err(wrong)?;
        }
        office.next = Weighted::new(next);
        Ok(office)
    }

    /// The place of a program in the list.
    pub(crate) fn program(&self, name: &str) -> Result<usize, String> {
        named(&self.programs, &[name.to_owned()])?.first().copied().ok_or_else(|| format!("expected a program, found `{name}`"))
    }

    /// A line of a kind of event with its own fields in place.
    pub(crate) fn line(&self, kind: &str, own: &[(String, Template)]) -> Result<Line, String> {
        let kind = self.kinds.get(kind).ok_or_else(|| format!("expected a kind of event of {EVENTS}, found `{kind}`"))?;
        if let Some((unknown, _)) = own.iter().find(|(name, _)| !kind.fields.iter().any(|(field, _)| field == name)) {
            let fields: Vec<&str> = kind.fields.iter().map(|(field, _)| field.as_str()).collect();
            return Err(format!("expected a field of the event ({}), found `{unknown}`", fields.join(", ")));
        }
        let mut body = Template::default();
        for (name, text) in &kind.fields {
            let number = text.strip_prefix('=');
            body.raw(&format!(",\"{}\":", escaped(name)));
            let filled = match own.iter().find(|(field, _)| field == name) {
                Some((_, own)) => own.clone(),
                None => Template::compile(number.unwrap_or(text), &|_| None)?,
            };
            body.raw(if number.is_some() { "" } else { "\"" });
            body.extend(filled);
            body.raw(if number.is_some() { "" } else { "\"" });
        }
        body.raw("}");
        Ok(Line { channel: kind.channel, head: kind.head.clone(), body })
    }

    fn lines(&self, kinds: &[String]) -> Result<Vec<Line>, String> {
        kinds.iter().map(|kind| self.line(kind, &[])).collect()
    }

    fn add(&mut self, activity: WrittenActivity, fit: &Fit) -> Result<(), String> {
        let mut own = Vec::new();
        for (field, values) in activity.values.0 {
            let compile = |texts: &[String]| texts.iter().map(|text| Template::compile(text, &|_| None)).collect::<Result<Vec<_>, _>>();
            let (first, of) = (compile(&values.first)?, compile(&values.of)?);
            own.push((field, Template { pieces: vec![Piece::Value(self.vocabularies.len())] }));
            self.vocabularies.push(Vocabulary { growth: growth(fit, &values.fit)?, first, of, salt: number_of(&values.fit) });
        }
        for (field, text) in activity.fields.0 {
            own.push((field, Template::compile(&text, &|_| None)?));
        }
        let line = self.line(&activity.event, &own)?;
        let by = weighted(&self.programs, &activity.by)?;
        self.activities.push(Activity { line, by });
        Ok(())
    }
}

fn growth(fit: &Fit, name: &str) -> Result<Growth, String> {
    fit.growth(name).cloned().ok_or_else(|| format!("expected a field of drills/fit.yaml, found `{name}`"))
}

fn named(programs: &[Program], names: &[String]) -> Result<Vec<usize>, String> {
    let place = |name: &String| {
        programs.iter().position(|program| program.name == *name).ok_or_else(|| format!("expected a program, found `{name}`"))
    };
    names.iter().map(place).collect()
}

fn weighted(programs: &[Program], weights: &Pairs<u64>) -> Result<Weighted<usize>, String> {
    let names: Vec<String> = weights.0.iter().map(|(name, _)| name.clone()).collect();
    let places = named(programs, &names)?;
    Ok(Weighted::new(places.into_iter().zip(weights.0.iter().map(|(_, weight)| *weight))))
}

fn kinds(files: &Files) -> Result<(BTreeMap<String, Kind>, usize), PlaybookError> {
    let written: WrittenEvents = files.read(EVENTS)?;
    let mut kinds = BTreeMap::new();
    for (name, kind) in written.events {
        let place = written.channels.0.iter().position(|(channel, _)| *channel == kind.channel);
        let full = place.and_then(|place| written.channels.0.get(place));
        let (Some(channel), Some((_, full))) = (place, full) else {
            return Err(PlaybookError::at(EVENTS, 0, format!("`{name}`: expected a channel, found `{}`", kind.channel)));
        };
        let head = format!("{{\"Channel\":\"{}\",\"EventID\":{},\"Computer\":\"", escaped(full), kind.id);
        kinds.insert(name, Kind { channel, head, fields: kind.fields.0 });
    }
    Ok((kinds, written.channels.0.len()))
}

fn programs(written: Pairs<WrittenProgram>, more: Pairs<WrittenProgram>) -> Result<Vec<Program>, String> {
    let all: Vec<(String, WrittenProgram)> = written.0.into_iter().chain(more.0).collect();
    let names: Vec<String> = all.iter().map(|(name, _)| name.clone()).collect();
    let mut programs = Vec::with_capacity(all.len());
    for (name, program) in all {
        let parent = program.parent.as_ref().map(|parent| {
            names.iter().position(|name| name == parent).ok_or_else(|| format!("`{name}`: expected a program as parent, found `{parent}`"))
        });
        programs.push(program.compiled(name, parent.transpose()?)?);
    }
    Ok(programs)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEvents {
    channels: Pairs<String>,
    events: BTreeMap<String, WrittenKind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenKind {
    channel: String,
    id: u16,
    fields: Pairs<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    programs: Pairs<WrittenProgram>,
    boot: Vec<String>,
    logon: Vec<String>,
    on_start: Vec<String>,
    on_stop: Vec<String>,
    on_logon: Vec<String>,
    on_logoff: Vec<String>,
    starts: Pairs<u64>,
    at_once: usize,
    words: Vec<String>,
    start_weight: u64,
    activities: Vec<WrittenActivity>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenActivity {
    event: String,
    weight: u64,
    by: Pairs<u64>,
    #[serde(default)]
    values: Pairs<WrittenValues>,
    #[serde(default)]
    fields: Pairs<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenValues {
    fit: String,
    #[serde(default)]
    first: Vec<String>,
    of: Vec<String>,
}

/// A program as the playbook writes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenProgram {
    image: String,
    #[serde(default)]
    command: Option<String>,
    parent: Option<String>,
    user: Session,
    #[serde(default)]
    keep: bool,
    #[serde(default = "microsoft")]
    company: String,
    #[serde(default)]
    description: String,
    #[serde(default = "windows")]
    product: String,
    #[serde(default = "build")]
    version: String,
    original: Option<String>,
    /// Who signed the file: for people who read the playbook, and for the scenario's image-load events.
    #[serde(default = "windows_signer", rename = "signer")]
    _signer: String,
    /// Given where a scenario names the hash elsewhere; else made from name and version.
    sha256: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Session {
    System,
    Person,
}

fn microsoft() -> String {
    "Microsoft Corporation".to_owned()
}

fn windows() -> String {
    "Microsoft® Windows® Operating System".to_owned()
}

fn windows_signer() -> String {
    "Microsoft Windows".to_owned()
}

fn build() -> String {
    "10.0.19041.6450".to_owned()
}

impl WrittenProgram {
    fn compiled(self, name: String, parent: Option<usize>) -> Result<Program, String> {
        let wrong = |problem: String| format!("`{name}`: {problem}");
        let file = self.image.rsplit('\\').next().unwrap_or_default().to_owned();
        let command = self.command.unwrap_or_else(|| format!("\"{}\"", self.image));
        let image = Template::compile(&self.image, &|_| None).map_err(wrong)?;
        let command = Template::compile(&command, &|_| None).map_err(wrong)?;
        if command.pieces.iter().chain(&image.pieces).any(|piece| matches!(piece, Piece::Place(place) if !of_host(*place))) {
            return Err(wrong("expected only places of the host in image and command".to_owned()));
        }
        let by_chance = |piece: &Piece| matches!(piece, Piece::Number(..) | Piece::Hex(_) | Piece::Word);
        Ok(Program {
            varies: command.pieces.iter().any(by_chance),
            image,
            command,
            parent,
            person: self.user == Session::Person,
            keep: self.keep,
            sha256: self.sha256.unwrap_or_else(|| file_hash(&self.image, &self.version)),
            company: escaped(&self.company),
            description: escaped(&self.description),
            product: escaped(&self.product),
            version: escaped(&self.version),
            original: escaped(self.original.as_deref().unwrap_or(&file)),
            name,
        })
    }
}

fn of_host(place: Place) -> bool {
    matches!(place, Place::Host | Place::Short | Place::Ip | Place::Domain | Place::Login | Place::Sid)
}

/// The hash of a file that nobody has: the same path and version give the same hash on every host.
pub(crate) fn file_hash(path: &str, version: &str) -> String {
    let hash = Sha256::digest(format!("hikeshi drill file: {} {version}", path.to_lowercase()));
    let mut text = String::with_capacity(64);
    for byte in hash {
        crate::template::hex(byte.into(), 2, &mut text);
    }
    text
}
