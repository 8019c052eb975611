//! Streams a scenario: minute by minute, every computer's noise and the steps that are due, in order of time.
//!
//! What is kept is the state of the computers and one minute of items: any number of events fits in the same memory.

use std::collections::{BTreeMap, VecDeque};

use hikeshi_domain::alert::ProductAlert;
use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::chance::{Chance, number_of};
use crate::computer::{Computer, HostText, Live, Minute, Written};
use crate::office::{Next, Office};
use crate::scenario::{On, Scenario, Story};
use crate::template::escaped;

const MINUTE_MS: i64 = 60_000;
/// Mean length of a working day in minutes: arrival 8:20–9:10, leaving 17:20–20:00.
const DAY_MINUTES: f64 = 595.0;

/// How much, from when, by which chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Beginning; cut to the midnight before it in the scenario's zone.
    pub start: Timestamp,
    /// Endpoints; the scenario's own number if none.
    pub endpoints: Option<usize>,
    /// Days; the scenario's own number if none.
    pub days: Option<u32>,
    /// Events of a computer on a working day; the scenario's own number if none.
    pub events_per_day: Option<u32>,
    /// The same seed and options give the same bytes.
    pub seed: u64,
}

/// What comes out, in order of time.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A line of a log.
    Event(Event),
    /// An alert of a product.
    Alert(DrillAlert),
    /// A mail that somebody got.
    Mail(Mail),
}

/// A Windows event as a forwarder sends it: one flat JSON object, without the newline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When it happened.
    pub at: Timestamp,
    /// The line.
    pub ndjson: String,
}

/// An alert with the instant at which the desk gets it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DrillAlert {
    /// When the desk gets it.
    pub received_at: Timestamp,
    /// What the product sends.
    pub alert: ProductAlert,
}

/// A mail that somebody of the organisation got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// When.
    pub at: Timestamp,
    /// Sender as written.
    pub from: String,
    /// Recipient.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// Plain text.
    pub body: String,
    /// Names and SHA-256 of the attachments.
    pub attachments: Vec<(String, String)>,
}

/// The scenario cannot be generated with these options.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptionsError {
    /// Fewer days than the stories need.
    #[error(
        "the stories need {needed} working days, and of {days} days from {first} on {found} are; ask for more, or begin on another day"
    )]
    TooFewDays {
        /// What the stories need.
        needed: u32,
        /// What was asked for.
        days: u32,
        /// The first of them.
        first: Date,
        /// The working days among them.
        found: usize,
    },
    /// Fewer endpoints than the scenario names.
    #[error("the scenario names {named} computers; ask for {named} endpoints or more, not {endpoints}")]
    TooFewEndpoints {
        /// What the scenario names.
        named: usize,
        /// What was asked for.
        endpoints: usize,
    },
    /// The span lies outside the calendar.
    #[error("the time span lies outside the calendar")]
    Span,
}

/// A running scenario.
#[derive(Debug)]
pub struct Generator<'a> {
    scenario: &'a Scenario,
    pub(crate) computers: Vec<Computer>,
    seed: u64,
    per_day: f64,
    now_ms: i64,
    end_ms: i64,
    /// Midnight of each day, with whether it is a working day.
    days: Vec<(i64, bool)>,
    due: VecDeque<Due>,
    /// Processes that stories started: by story run and name.
    pub(crate) started: BTreeMap<(usize, String), Live>,
    ready: VecDeque<Item>,
}

/// A step whose time is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Due {
    pub(crate) at_ms: i64,
    /// Which run of which story: names the processes that it starts.
    pub(crate) run: usize,
    pub(crate) computer: usize,
    pub(crate) story: usize,
    pub(crate) step: usize,
    /// A repetition: does not switch a computer on.
    pub(crate) again: bool,
}

impl Scenario {
    /// Streams the scenario.
    ///
    /// # Errors
    /// When there are fewer days or endpoints than the scenario's stories need.
    pub fn generate(&self, options: Options) -> Result<Generator<'_>, OptionsError> {
        let endpoints = options.endpoints.unwrap_or(self.endpoints);
        if endpoints < self.hosts.len() {
            return Err(OptionsError::TooFewEndpoints { named: self.hosts.len(), endpoints });
        }
        let asked = options.days.unwrap_or(self.days);
        let days = self.calendar(options.start, asked).ok_or(OptionsError::Span)?;
        let workdays: Vec<i64> = days.iter().filter(|(_, works)| *works).map(|(midnight, _)| *midnight).collect();
        if workdays.len() < usize::try_from(self.least_workdays).unwrap_or(usize::MAX) {
            let first = options.start.to_zoned(self.zone.clone()).date();
            return Err(OptionsError::TooFewDays { needed: self.least_workdays, days: asked, first, found: workdays.len() });
        }
        let start_ms = days.first().map_or(0, |(midnight, _)| *midnight);
        let end_ms = days.last().map_or(0, |(midnight, _)| *midnight) + 24 * 60 * MINUTE_MS;
        let computers: Vec<Computer> = (0..endpoints).map(|index| self.computer(index, options.seed)).collect();
        let due = self.due(endpoints, &workdays, options.seed);
        let per_day = f64::from(options.events_per_day.unwrap_or(self.events_per_day));
        let (started, ready) = (BTreeMap::new(), VecDeque::new());
        Ok(Generator { scenario: self, computers, seed: options.seed, per_day, now_ms: start_ms, end_ms, days, due, started, ready })
    }

    fn calendar(&self, start: Timestamp, days: u32) -> Option<Vec<(i64, bool)>> {
        let first = start.to_zoned(self.zone.clone()).date();
        let midnights = (0..i64::from(days)).map(|day| {
            let date = first.checked_add(day.days()).ok()?;
            let midnight = date.to_zoned(self.zone.clone()).ok()?.timestamp().as_millisecond();
            Some((midnight, !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)))
        });
        midnights.collect()
    }

    fn computer(&self, index: usize, seed: u64) -> Computer {
        let (name, login, server) = match self.hosts.get(index) {
            Some(host) => (host.name.clone(), host.login.clone(), host.server),
            None => {
                let login = self.grow.logins.get(index % self.grow.logins.len().max(1)).map_or("user", String::as_str);
                (format!("{}{:05}", self.grow.name, index + 1), format!("{login}{}", index + 1), false)
            }
        };
        let mut chance = Chance::of(seed, &[number_of(&self.name), number_of(&name)]);
        let text = HostText {
            host: escaped(&format!("{name}.{}", self.domain)),
            short: escaped(&name),
            ip: format!("10.{}.{}.{}", index / 62_500, index / 250 % 250, index % 250 + 2),
            domain: escaped(&self.netbios),
            login: escaped(&login),
            sid: format!(
                "S-1-5-21-{}-{}-{}-{}",
                number_of(&self.domain) >> 33,
                number_of(&self.netbios) >> 33,
                number_of(&self.name) >> 33,
                1100 + index
            ),
        };
        let own = Chance::new(chance.next());
        Computer::new(text, server, &self.office, own)
    }

    /// Every step of every story with its instant, earliest first.
    fn due(&self, endpoints: usize, workdays: &[i64], seed: u64) -> VecDeque<Due> {
        let mut due = Vec::new();
        let mut run = 0;
        for (index, story) in self.stories.iter().enumerate() {
            for (turn, computer) in story.computers(endpoints).enumerate() {
                let mut chance = Chance::of(seed, &[number_of("story"), run as u64]);
                // The second and later computers follow within two hours, each at its own minute.
                let late = if turn == 0 { 0 } else { i64::try_from(chance.below(7_200_000)).unwrap_or(0) };
                let day = usize::try_from(story.workday).ok().and_then(|day| workdays.get(day.checked_sub(1)?));
                let begin = day.copied().unwrap_or(0) + story.time_ms + late;
                due.extend(steps_of(story, index, begin, run, computer, &mut chance));
                run += 1;
            }
        }
        due.sort_by_key(|due| (due.at_ms, due.run, due.step));
        due.into()
    }
}

fn steps_of(story: &Story, index: usize, begin: i64, run: usize, computer: usize, chance: &mut Chance) -> Vec<Due> {
    let mut due = Vec::new();
    for (number, step) in story.steps.iter().enumerate() {
        for time in 0..step.repeat.times {
            let jitter = i64::try_from(chance.below(step.repeat.jitter_ms + 1)).unwrap_or(0);
            let at_ms = begin + step.at_ms + i64::from(time) * step.repeat.every_ms + jitter;
            due.push(Due { at_ms, run, computer, story: index, step: number, again: time > 0 });
        }
    }
    due
}

impl Story {
    fn computers(&self, endpoints: usize) -> Box<dyn Iterator<Item = usize>> {
        match self.on {
            On::Host(index) => Box::new(std::iter::once(index)),
            // However few there are, one of them.
            On::OneIn(number) => Box::new(((number / 2).min(endpoints.saturating_sub(1))..endpoints).step_by(number)),
        }
    }
}

impl Iterator for Generator<'_> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        while self.ready.is_empty() && self.now_ms < self.end_ms {
            self.run_minute();
        }
        self.ready.pop_front()
    }
}

impl Generator<'_> {
    /// First and last instant.
    pub fn span(&self) -> (Timestamp, Timestamp) {
        let first = self.days.first().map_or(0, |(midnight, _)| *midnight);
        (instant(first), instant(self.end_ms))
    }

    /// How many computers there are.
    pub fn endpoints(&self) -> usize {
        self.computers.len()
    }

    fn run_minute(&mut self) {
        let minute = minute(self.now_ms);
        let mut items = Vec::new();
        let today = self.days.iter().rposition(|(midnight, _)| *midnight <= self.now_ms).unwrap_or(0);
        let mut computers = std::mem::take(&mut self.computers);
        for (index, computer) in computers.iter_mut().enumerate() {
            let written = self.noise(computer, index, today, &minute);
            items.extend(written.into_iter().map(event));
        }
        self.computers = computers;
        while let Some(due) = self.due.pop_front_if(|due| due.at_ms < minute.start_ms + MINUTE_MS) {
            self.act(self.scenario, due, &minute, &mut items);
        }
        items.sort_by_key(|(at_ms, _)| *at_ms);
        self.ready.extend(items.into_iter().map(|(_, item)| item));
        self.now_ms += MINUTE_MS;
    }

    fn noise(&self, computer: &mut Computer, index: usize, today: usize, minute: &Minute) -> Vec<Written> {
        let office = &self.scenario.office;
        let mut out = Vec::new();
        let (midnight, works) = self.days.get(today).copied().unwrap_or((0, false));
        let (arrives, leaves) = self.hours(index, today);
        let since = minute.start_ms - midnight;
        let wanted = computer.server || (works && since >= arrives && since < leaves);
        if wanted && !computer.on {
            computer.boot(office, minute, minute.start_ms + 500, &mut out);
        } else if !wanted && computer.on && minute.start_ms > computer.held_until_ms {
            computer.shut(office, minute, &mut out);
        }
        if computer.on {
            let mean = self.per_day / if computer.server { 1440.0 } else { DAY_MINUTES };
            let count = (mean + computer.chance.share()).floor() as u64;
            let mut times: Vec<i64> = (0..count).map(|_| 5_000 + i64::try_from(computer.chance.below(54_000)).unwrap_or(0)).collect();
            times.sort_unstable();
            for within in times {
                happen(office, computer, minute, minute.start_ms + within, &mut out);
            }
        }
        out
    }

    /// When the person of a computer comes and goes on a day, in milliseconds after midnight.
    fn hours(&self, index: usize, today: usize) -> (i64, i64) {
        let mut chance = Chance::of(self.seed, &[number_of("hours"), index as u64, today as u64]);
        let come = 500 + i64::try_from(chance.below(50)).unwrap_or(0);
        let leave = 1040 + i64::try_from(chance.below(160)).unwrap_or(0);
        (come * MINUTE_MS, leave * MINUTE_MS)
    }
}

/// One thing that happens on a computer by itself.
fn happen(office: &Office, computer: &mut Computer, minute: &Minute, at_ms: i64, out: &mut Vec<Written>) {
    match office.next.draw(&mut computer.chance) {
        Some(Next::Start) => {
            if let Some(program) = office.starts.draw(&mut computer.chance) {
                computer.start(office, minute, at_ms, program, None, out);
            }
        }
        Some(Next::Activity(index)) => {
            let Some(activity) = office.activities.get(index) else { return };
            let Some(program) = activity.by.draw(&mut computer.chance) else { return };
            let live = computer.running(office, minute, at_ms, program, out);
            computer.write(office, minute, at_ms, &activity.line, Some(&live), None, out);
        }
        None => {}
    }
}

/// A line as an item with its sort key.
pub(crate) fn event(written: Written) -> (i64, Item) {
    (written.at_ms, Item::Event(Event { at: instant(written.at_ms), ndjson: written.text }))
}

/// An instant of the stream; the calendar was checked when it began.
pub(crate) fn instant(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX)
}

fn minute(start_ms: i64) -> Minute {
    let at = instant(start_ms);
    Minute { start_ms, iso: at.strftime("%Y-%m-%dT%H:%M:").to_string(), plain: at.strftime("%Y-%m-%d %H:%M:").to_string() }
}
