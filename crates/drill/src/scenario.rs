//! A scenario: an organisation, its computers and people, and the stories that happen among the noise.
//!
//! `playbook/drills/<name>.yaml` is read and compiled here; a wrong one is refused with file, line and what was expected.

use hikeshi_domain::alert::{Action, SourceKind};
use hikeshi_domain::endpoint::BlockMode;
use hikeshi_domain::playbook::{Files, PlaybookError};
use hikeshi_domain::procedure::Words;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::office::{Line, Office, WrittenProgram};
use crate::pairs::Pairs;
use crate::template::Template;
use crate::vocabulary::Fit;

/// A scenario, compiled and ready to generate.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name: the file's.
    pub name: String,
    /// What it is called.
    pub title: Words,
    /// What happens in it, in a few sentences.
    pub about: Words,
    /// The organisation's name.
    pub organization: Words,
    /// IANA name of its time zone.
    pub time_zone: String,
    /// The version of the scenario.
    pub version: String,
    /// How many endpoints it has unless asked otherwise; also the least.
    pub endpoints: usize,
    /// How many days it lasts unless asked otherwise.
    pub days: u32,
    /// Events of a computer on a working day unless asked otherwise.
    pub events_per_day: u32,
    pub(crate) zone: TimeZone,
    pub(crate) domain: String,
    pub(crate) netbios: String,
    pub(crate) hosts: Vec<WrittenHost>,
    pub(crate) grow: Grow,
    pub(crate) stories: Vec<Story>,
    pub(crate) office: Office,
    pub(crate) least_workdays: u32,
}

/// On which computers a story happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum On {
    Host(usize),
    OneIn(usize),
}

/// What happens on a computer, step by step.
#[derive(Debug, Clone)]
pub(crate) struct Story {
    pub(crate) on: On,
    /// The working day from the start, from 1.
    pub(crate) workday: u32,
    /// Local time of that day.
    pub(crate) time_ms: i64,
    pub(crate) steps: Vec<Step>,
}

/// One step of a story.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// From the story's beginning.
    pub(crate) at_ms: i64,
    pub(crate) repeat: Repeat,
    pub(crate) act: Act,
}

/// How often a step happens: once, unless said.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Repeat {
    pub(crate) times: u32,
    pub(crate) every_ms: i64,
    pub(crate) jitter_ms: u64,
}

/// Who does something: a process that the story started, or a program that runs on the computer.
#[derive(Debug, Clone)]
pub(crate) enum Actor {
    Named(String),
    Program(usize),
}

/// What a step does.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    Start { handle: String, program: usize, parent: Option<Actor>, command: Template },
    Stop(Actor),
    Event { line: Box<Line>, by: Option<Actor> },
    Alert(Box<AlertAct>),
    Mail(Box<MailAct>),
}

/// An alert of a product.
#[derive(Debug, Clone)]
pub(crate) struct AlertAct {
    pub(crate) product: String,
    pub(crate) name: String,
    pub(crate) action: Action,
    pub(crate) source_kind: SourceKind,
    pub(crate) path: Template,
    pub(crate) sha256: String,
    pub(crate) process: Option<Actor>,
    pub(crate) received_after_ms: i64,
}

/// A mail that somebody of the organisation gets.
#[derive(Debug, Clone)]
pub(crate) struct MailAct {
    pub(crate) from: Template,
    pub(crate) to: Template,
    pub(crate) subject: Template,
    pub(crate) body: Template,
    pub(crate) attachments: Vec<(String, String)>,
}

/// A computer of the scenario.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenHost {
    pub(crate) name: String,
    pub(crate) login: String,
    #[serde(default)]
    pub(crate) server: bool,
    /// Whether its protection stops what it detects.
    #[serde(default)]
    pub(crate) block_mode: BlockMode,
    /// Who works there: for people who read the playbook.
    #[serde(rename = "person")]
    _person: Words,
}

/// How further computers are called, and whether their protection stops what it detects.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Grow {
    #[serde(default)]
    pub(crate) block_mode: BlockMode,
    pub(crate) name: String,
    pub(crate) logins: Vec<String>,
}

impl Scenario {
    /// Whether the protection of a computer, named with or without its domain, stops what it detects.
    pub fn block_mode(&self, host: &str) -> BlockMode {
        let short = host.split('.').next().unwrap_or_default();
        let named = self.hosts.iter().find(|named| named.name.eq_ignore_ascii_case(short));
        named.map_or(self.grow.block_mode, |named| named.block_mode)
    }

    pub(crate) fn load(name: &str, files: &Files) -> Result<Self, PlaybookError> {
        let path = format!("drills/{name}.yaml");
        let written: Written = files.read(&path)?;
        let wrong = |expected: String| PlaybookError::at(&path, 0, expected);
        let zone = TimeZone::get(&written.time_zone).map_err(|_| wrong(format!("expected a time zone, found `{}`", written.time_zone)))?;
        if written.hosts.is_empty() || written.grow.logins.is_empty() {
            return Err(wrong("expected one host or more, and one login or more to grow with".to_owned()));
        }
        let office = Office::load(files, &Fit::load(files)?, written.programs)?;
        let mut stories = Vec::new();
        for story in written.stories {
            let line = story.referenced.line();
            let names = Names { office: &office, texts: &written.texts, hosts: &written.hosts };
            stories.push(names.story(&path, story.value, line)?);
        }
        let least_workdays = stories.iter().map(|story| story.workday).max().unwrap_or(0);
        Ok(Scenario {
            name: name.to_owned(),
            title: written.title,
            about: written.about,
            organization: written.organization,
            time_zone: written.time_zone,
            version: written.version,
            endpoints: written.endpoints.max(written.hosts.len()),
            days: written.days,
            events_per_day: written.events_per_day,
            zone,
            domain: written.domain,
            netbios: written.netbios,
            hosts: written.hosts,
            grow: written.grow,
            stories,
            office,
            least_workdays,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: String,
    title: Words,
    about: Words,
    organization: Words,
    time_zone: String,
    domain: String,
    netbios: String,
    endpoints: usize,
    days: u32,
    events_per_day: u32,
    hosts: Vec<WrittenHost>,
    grow: Grow,
    #[serde(default)]
    texts: Pairs<String>,
    #[serde(default)]
    programs: Pairs<WrittenProgram>,
    stories: Vec<Spanned<WrittenStory>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenStory {
    #[serde(rename = "name")]
    _name: String,
    on: WrittenOn,
    at: String,
    steps: Vec<Spanned<WrittenStep>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenOn {
    Host(String),
    OneIn(usize),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenStep {
    #[serde(default)]
    after: Option<String>,
    repeat: Option<WrittenRepeat>,
    start: Option<String>,
    program: Option<String>,
    parent: Option<String>,
    command: Option<String>,
    stop: Option<String>,
    event: Option<String>,
    by: Option<String>,
    #[serde(default)]
    fields: Pairs<String>,
    alert: Option<WrittenAlert>,
    mail: Option<WrittenMail>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRepeat {
    times: u32,
    every: String,
    #[serde(default)]
    jitter: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAlert {
    product: String,
    name: String,
    action: Action,
    source_kind: SourceKind,
    path: String,
    sha256: String,
    process: Option<String>,
    received_after: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMail {
    from: String,
    to: String,
    subject: String,
    body: String,
    #[serde(default)]
    attachments: Pairs<String>,
}

/// What the texts of a story may name.
struct Names<'a> {
    office: &'a Office,
    texts: &'a Pairs<String>,
    hosts: &'a [WrittenHost],
}

impl Names<'_> {
    fn story(&self, path: &str, story: WrittenStory, line: u64) -> Result<Story, PlaybookError> {
        let wrong = |expected: String| PlaybookError::at(path, line, expected);
        let on = match &story.on {
            WrittenOn::Host(name) => On::Host(
                self.hosts
                    .iter()
                    .position(|host| host.name == *name)
                    .ok_or_else(|| wrong(format!("expected a host of the scenario, found `{name}`")))?,
            ),
            WrittenOn::OneIn(0) => return Err(wrong("expected `one_in` above 0".to_owned())),
            WrittenOn::OneIn(number) => On::OneIn(*number),
        };
        let (workday, time_ms) = workday_and_time(&story.at)
            .ok_or_else(|| wrong(format!("expected `3 10:42:07` (working day, local time), found `{}`", story.at)))?;
        let (mut steps, mut at_ms, mut handles) = (Vec::new(), 0, Vec::new());
        for step in story.steps {
            let line = step.referenced.line();
            let step = self.step(step.value, &mut at_ms, &mut handles).map_err(|expected| PlaybookError::at(path, line, expected))?;
            steps.push(step);
        }
        Ok(Story { on, workday, time_ms, steps })
    }

    fn step(&self, step: WrittenStep, at_ms: &mut i64, handles: &mut Vec<String>) -> Result<Step, String> {
        *at_ms += step.after.as_deref().map_or(Ok(0), span_ms)?;
        let repeat = match &step.repeat {
            None => Repeat { times: 1, every_ms: 0, jitter_ms: 0 },
            Some(repeat) => {
                let jitter_ms = repeat.jitter.as_deref().map_or(Ok(0), span_ms)?;
                Repeat { times: repeat.times, every_ms: span_ms(&repeat.every)?, jitter_ms: u64::try_from(jitter_ms).unwrap_or(0) }
            }
        };
        Ok(Step { at_ms: *at_ms, repeat, act: self.act(step, handles)? })
    }

    fn act(&self, step: WrittenStep, handles: &mut Vec<String>) -> Result<Act, String> {
        match step {
            WrittenStep { start: Some(handle), program: Some(program), parent, command: Some(command), .. } => {
                let parent = parent.map(|parent| self.actor(&parent, handles)).transpose()?;
                let program = self.office.program(&program)?;
                let command = self.template(&command)?;
                handles.push(handle.clone());
                Ok(Act::Start { handle, program, parent, command })
            }
            WrittenStep { stop: Some(handle), .. } => Ok(Act::Stop(self.actor(&handle, handles)?)),
            WrittenStep { event: Some(kind), by, fields, .. } => {
                let own =
                    fields.0.iter().map(|(field, text)| Ok((field.clone(), self.template(text)?))).collect::<Result<Vec<_>, String>>()?;
                let line = Box::new(self.office.line(&kind, &own)?);
                Ok(Act::Event { line, by: by.map(|by| self.actor(&by, handles)).transpose()? })
            }
            WrittenStep { alert: Some(alert), .. } => Ok(Act::Alert(Box::new(self.alert(alert, handles)?))),
            WrittenStep { mail: Some(mail), .. } => Ok(Act::Mail(Box::new(self.mail(mail)?))),
            _ => Err("expected one of `start` (with `program` and `command`), `stop`, `event`, `alert`, `mail`".to_owned()),
        }
    }

    fn alert(&self, alert: WrittenAlert, handles: &[String]) -> Result<AlertAct, String> {
        Ok(AlertAct {
            process: alert.process.map(|process| self.actor(&process, handles)).transpose()?,
            path: self.template(&alert.path)?,
            sha256: self.plain(&alert.sha256)?,
            received_after_ms: span_ms(&alert.received_after)?,
            product: alert.product,
            name: alert.name,
            action: alert.action,
            source_kind: alert.source_kind,
        })
    }

    fn mail(&self, mail: WrittenMail) -> Result<MailAct, String> {
        let attachments = mail.attachments.0.into_iter().map(|(name, hash)| Ok((name, self.plain(&hash)?)));
        Ok(MailAct {
            from: self.template(&mail.from)?,
            to: self.template(&mail.to)?,
            subject: self.template(&mail.subject)?,
            body: self.template(&mail.body)?,
            attachments: attachments.collect::<Result<_, String>>()?,
        })
    }

    fn actor(&self, name: &str, handles: &[String]) -> Result<Actor, String> {
        if handles.iter().any(|handle| handle == name) {
            return Ok(Actor::Named(name.to_owned()));
        }
        self.office.program(name).map(Actor::Program).map_err(|_| format!("expected a process started before or a program, found `{name}`"))
    }

    fn template(&self, text: &str) -> Result<Template, String> {
        Template::compile(text, &|name| self.text(name))
    }

    /// A text of the scenario without places: `{hash.dropper}`, or the text itself.
    fn plain(&self, text: &str) -> Result<String, String> {
        match text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => self.text(name).ok_or_else(|| format!("expected a text or a program's hash, found `{text}`")),
            None => Ok(text.to_owned()),
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        if let Some(program) = name.strip_prefix("hash.") {
            let place = self.office.program(program).ok()?;
            return self.office.programs.get(place).map(|program| program.sha256.clone());
        }
        self.texts.0.iter().find(|(text, _)| text == name).map(|(_, text)| text.clone())
    }
}

/// Reads `3 10:42:07`.
fn workday_and_time(text: &str) -> Option<(u32, i64)> {
    let (day, time) = text.split_once(' ')?;
    let time: jiff::civil::Time = time.parse().ok()?;
    let seconds = i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second());
    let day = day.parse().ok().filter(|day| *day > 0)?;
    Some((day, seconds * 1000))
}

/// Reads `250ms`, `3s`, `2m`, `1h`.
fn span_ms(text: &str) -> Result<i64, String> {
    let (digits, unit) = text.split_at(text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len()));
    let factor = match unit {
        "ms" => Some(1),
        "s" => Some(1000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        _ => None,
    };
    let span = digits.parse::<i64>().ok().zip(factor).and_then(|(number, factor)| number.checked_mul(factor));
    span.ok_or_else(|| format!("expected a span such as `250ms`, `3s`, `2m` or `1h`, found `{text}`"))
}
