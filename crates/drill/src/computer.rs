//! One simulated computer: what runs on it, and the lines that its logs get.

use crate::chance::Chance;
use crate::office::{Line, Office, Program};
use crate::template::{Fill, Place, Template, hex, number};
use crate::vocabulary::Drawn;

/// The texts of a host, escaped for JSON.
#[derive(Debug, Clone)]
pub(crate) struct HostText {
    pub(crate) host: String,
    pub(crate) short: String,
    pub(crate) ip: String,
    pub(crate) domain: String,
    pub(crate) login: String,
    pub(crate) sid: String,
}

/// A running process.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    pub(crate) program: usize,
    pub(crate) pid: u64,
    pub(crate) serial: u64,
    started_ms: i64,
    /// What the chance parts of its command line are made from.
    number: u64,
    /// Its command line, where a scenario gave one.
    own_command: Option<Box<str>>,
    keep: bool,
}

/// The minute that is being generated, as text.
#[derive(Debug, Clone)]
pub(crate) struct Minute {
    pub(crate) start_ms: i64,
    /// `2026-11-16T00:12:`
    pub(crate) iso: String,
    /// `2026-11-16 00:12:`
    pub(crate) plain: String,
}

/// A line with its instant.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) at_ms: i64,
    pub(crate) text: String,
}

/// A simulated computer.
#[derive(Debug, Clone)]
pub(crate) struct Computer {
    pub(crate) text: HostText,
    machine: u64,
    pub(crate) server: bool,
    pub(crate) on: bool,
    /// A scenario needs it on until then.
    pub(crate) held_until_ms: i64,
    live: Vec<Live>,
    serial: u64,
    records: Vec<u64>,
    drawn: Vec<Drawn>,
    commands: Drawn,
    pub(crate) chance: Chance,
}

impl Computer {
    pub(crate) fn new(text: HostText, server: bool, office: &Office, mut chance: Chance) -> Self {
        let machine = chance.next() >> 32;
        let records = (0..office.channels).map(|_| 1000 + chance.below(90_000)).collect();
        let drawn = vec![Drawn::default(); office.vocabularies.len()];
        Computer {
            text,
            machine,
            server,
            on: false,
            held_until_ms: i64::MIN,
            live: Vec::new(),
            serial: 0,
            records,
            drawn,
            commands: Drawn::default(),
            chance,
        }
    }

    /// Switches on: the system's processes, then the person's logon and programs.
    pub(crate) fn boot(&mut self, office: &Office, minute: &Minute, at_ms: i64, out: &mut Vec<Written>) {
        self.on = true;
        let last = minute.start_ms + 59_999;
        let mut at_ms = at_ms;
        for program in &office.boot {
            self.start(office, minute, at_ms, *program, None, out);
            at_ms = (at_ms + 20 + self.below(60)).min(last);
        }
        for line in &office.on_logon {
            self.write(office, minute, at_ms, line, None, None, out);
        }
        for program in &office.logon {
            at_ms = (at_ms + 90 + self.below(300)).min(last);
            self.start(office, minute, at_ms, *program, None, out);
        }
    }

    /// Switches off: the session ends, everything with it.
    pub(crate) fn shut(&mut self, office: &Office, minute: &Minute, out: &mut Vec<Written>) {
        let at_ms = minute.start_ms + 1_000;
        for line in &office.on_logoff {
            self.write(office, minute, at_ms, line, None, None, out);
        }
        self.live.clear();
        self.on = false;
    }

    /// A process of the program that runs already, else a new one.
    pub(crate) fn running(&mut self, office: &Office, minute: &Minute, at_ms: i64, program: usize, out: &mut Vec<Written>) -> Live {
        match self.live.iter().rev().find(|live| live.program == program) {
            Some(live) => live.clone(),
            None => self.start(office, minute, at_ms, program, None, out),
        }
    }

    /// Starts a program below its usual parent (started too if it does not run). Ends the oldest if there are too many.
    pub(crate) fn start(
        &mut self,
        office: &Office,
        minute: &Minute,
        at_ms: i64,
        program: usize,
        command: Option<Box<str>>,
        out: &mut Vec<Written>,
    ) -> Live {
        let parent = office.programs.get(program).and_then(|program| program.parent);
        let parent = parent.map(|parent| self.running(office, minute, at_ms, parent, out));
        self.start_below(office, minute, at_ms, program, command, parent.as_ref(), out)
    }

    /// Starts a program below a given process.
    #[expect(clippy::too_many_arguments, reason = "one start has that many parts; a struct of them would be built and taken apart at once")]
    pub(crate) fn start_below(
        &mut self,
        office: &Office,
        minute: &Minute,
        at_ms: i64,
        program: usize,
        command: Option<Box<str>>,
        parent: Option<&Live>,
        out: &mut Vec<Written>,
    ) -> Live {
        let keep = command.is_some() || office.programs.get(program).is_some_and(|program| program.keep);
        if !keep {
            self.make_room(office, minute, at_ms, out);
        }
        self.serial += 1;
        let varies = office.programs.get(program).is_some_and(|program| program.varies);
        let number = if varies { self.commands.draw(&office.commands, &mut self.chance) } else { self.commands.pass() };
        let live = Live { program, pid: self.free_pid(), serial: self.serial, started_ms: at_ms, number, own_command: command, keep };
        for line in &office.on_start {
            self.write(office, minute, at_ms, line, Some(&live), parent, out);
        }
        self.live.push(live.clone());
        live
    }

    /// Ends a process, if it still runs.
    pub(crate) fn stop(&mut self, office: &Office, minute: &Minute, at_ms: i64, serial: u64, out: &mut Vec<Written>) {
        if let Some(place) = self.live.iter().position(|live| live.serial == serial) {
            let live = self.live.remove(place);
            for line in &office.on_stop {
                self.write(office, minute, at_ms, line, Some(&live), None, out);
            }
        }
    }

    /// Whether a process still runs.
    pub(crate) fn runs(&self, serial: u64) -> bool {
        self.live.iter().any(|live| live.serial == serial)
    }

    /// Adds one line to a log.
    #[expect(clippy::too_many_arguments, reason = "one line has that many parts; a struct of them would be built and taken apart at once")]
    pub(crate) fn write(
        &mut self,
        office: &Office,
        minute: &Minute,
        at_ms: i64,
        line: &Line,
        process: Option<&Live>,
        parent: Option<&Live>,
        out: &mut Vec<Written>,
    ) {
        let mut text = String::with_capacity(640);
        text.push_str(&line.head);
        text.push_str(&self.text.host);
        text.push_str("\",\"EventRecordID\":");
        if let Some(record) = self.records.get_mut(line.channel) {
            *record += 1;
            number(*record, &mut text);
        }
        text.push_str(",\"TimeCreated\":\"");
        text.push_str(&minute.iso);
        seconds(minute, at_ms, &mut text);
        text.push_str("Z\"");
        self.fill(office, minute, at_ms, &line.body, process, parent, &mut text);
        out.push(Written { at_ms, text });
    }

    /// Fills a text of a scenario; the result is escaped for JSON.
    #[expect(
        clippy::too_many_arguments,
        reason = "one text has that many sources; a struct of them would be built and taken apart at once"
    )]
    pub(crate) fn fill(
        &mut self,
        office: &Office,
        minute: &Minute,
        at_ms: i64,
        template: &Template,
        process: Option<&Live>,
        parent: Option<&Live>,
        text: &mut String,
    ) {
        let values = Chance::new(self.chance.next());
        let mut scene = Scene {
            office,
            host: &self.text,
            machine: self.machine,
            minute,
            at_ms,
            process,
            parent,
            drawn: &mut self.drawn,
            values,
            last_value: 0,
        };
        template.write(&mut scene, &mut self.chance, text);
    }

    fn below(&mut self, end: u64) -> i64 {
        i64::try_from(self.chance.below(end)).unwrap_or(0)
    }

    fn free_pid(&mut self) -> u64 {
        loop {
            let pid = 4 * (100 + self.chance.below(6_000));
            if self.live.iter().all(|live| live.pid != pid) {
                return pid;
            }
        }
    }

    fn make_room(&mut self, office: &Office, minute: &Minute, at_ms: i64, out: &mut Vec<Written>) {
        let passing = self.live.iter().filter(|live| !live.keep);
        if passing.clone().count() >= office.at_once
            && let Some(oldest) = passing.map(|live| live.serial).next()
        {
            self.stop(office, minute, at_ms, oldest, out);
        }
    }
}

/// Seconds and thousandths: `07.123`.
fn seconds(minute: &Minute, at_ms: i64, out: &mut String) {
    let within = u64::try_from(at_ms - minute.start_ms).unwrap_or(0).min(59_999);
    let (second, thousandth) = (within / 1000, within % 1000);
    for digit in [second / 10, second % 10] {
        number(digit, out);
    }
    out.push('.');
    for digit in [thousandth / 100, thousandth / 10 % 10, thousandth % 10] {
        number(digit, out);
    }
}

/// What the places of one line are filled from.
struct Scene<'a> {
    office: &'a Office,
    host: &'a HostText,
    machine: u64,
    minute: &'a Minute,
    at_ms: i64,
    process: Option<&'a Live>,
    parent: Option<&'a Live>,
    drawn: &'a mut [Drawn],
    values: Chance,
    last_value: u64,
}

impl Scene<'_> {
    fn program(&self, live: Option<&Live>) -> Option<&Program> {
        live.and_then(|live| self.office.programs.get(live.program))
    }

    fn guid(&self, live: Option<&Live>, out: &mut String) {
        let Some(live) = live else { return };
        let started = u64::try_from(live.started_ms / 1000).unwrap_or(0);
        out.push('{');
        hex(self.machine, 8, out);
        out.push('-');
        hex(started >> 16, 4, out);
        out.push('-');
        hex(started, 4, out);
        out.push('-');
        hex(live.serial >> 48, 4, out);
        out.push('-');
        hex(live.serial, 12, out);
        out.push('}');
    }

    fn pid(live: Option<&Live>, out: &mut String) {
        number(live.map_or(0, |live| live.pid), out);
    }

    fn pid_hex(live: Option<&Live>, out: &mut String) {
        out.push_str("0x");
        hex(live.map_or(0, |live| live.pid), 4, out);
    }

    fn image(&mut self, live: Option<&Live>, out: &mut String) {
        if let Some(program) = live.and_then(|live| self.office.programs.get(live.program)) {
            program.image.write(self, &mut Chance::new(0), out);
        }
    }

    fn command(&mut self, live: Option<&Live>, out: &mut String) {
        let Some(live) = live else { return };
        if let Some(command) = &live.own_command {
            out.push_str(command);
        } else if let Some(program) = self.office.programs.get(live.program) {
            program.command.write(self, &mut Chance::of(live.number, &[1]), out);
        }
    }

    fn is_person(&self) -> bool {
        self.program(self.process).is_none_or(|program| program.person)
    }

    fn user(&self, out: &mut String) {
        if self.is_person() {
            out.push_str(&self.host.domain);
            out.push_str("\\\\");
            out.push_str(&self.host.login);
        } else {
            out.push_str("NT AUTHORITY\\\\SYSTEM");
        }
    }

    fn value_hash(&self, out: &mut String) {
        let mut bits = Chance::of(self.last_value, &[2]);
        for _ in 0..4 {
            hex(bits.next(), 16, out);
        }
    }
}

impl Fill for Scene<'_> {
    fn place(&mut self, place: Place, out: &mut String) {
        let (process, parent) = (self.process, self.parent);
        match place {
            Place::Host => out.push_str(&self.host.host),
            Place::Short => out.push_str(&self.host.short),
            Place::Ip => out.push_str(&self.host.ip),
            Place::Domain => out.push_str(&self.host.domain),
            Place::Login => out.push_str(&self.host.login),
            Place::Sid => out.push_str(&self.host.sid),
            Place::Utc => {
                out.push_str(&self.minute.plain);
                seconds(self.minute, self.at_ms, out);
            }
            Place::Time => {
                out.push_str(&self.minute.iso);
                seconds(self.minute, self.at_ms, out);
                out.push('Z');
            }
            Place::Guid => self.guid(process, out),
            Place::Pid => Self::pid(process, out),
            Place::PidHex => Self::pid_hex(process, out),
            Place::Image => self.image(process, out),
            Place::Command => self.command(process, out),
            Place::User => self.user(out),
            Place::LogonId => {
                out.push_str("0x");
                hex(if self.is_person() { self.machine & 0xff_ffff | 0x10_0000 } else { 0x3e7 }, 6, out);
            }
            Place::Integrity => out.push_str(if self.is_person() { "Medium" } else { "System" }),
            Place::Sha256 => out.push_str(self.program(process).map_or("", |program| &program.sha256)),
            Place::Version => out.push_str(self.program(process).map_or("", |program| &program.version)),
            Place::Description => out.push_str(self.program(process).map_or("", |program| &program.description)),
            Place::Product => out.push_str(self.program(process).map_or("", |program| &program.product)),
            Place::Company => out.push_str(self.program(process).map_or("", |program| &program.company)),
            Place::Original => out.push_str(self.program(process).map_or("", |program| &program.original)),
            Place::ParentGuid => self.guid(parent, out),
            Place::ParentPid => Self::pid(parent, out),
            Place::ParentPidHex => Self::pid_hex(parent, out),
            Place::ParentImage => self.image(parent, out),
            Place::ParentCommand => self.command(parent, out),
            Place::ValueHash => self.value_hash(out),
        }
    }

    fn value(&mut self, vocabulary: usize, out: &mut String) {
        let (Some(vocabulary), Some(drawn)) = (self.office.vocabularies.get(vocabulary), self.drawn.get_mut(vocabulary)) else { return };
        let value = drawn.draw(&vocabulary.growth, &mut self.values);
        let mut chance = Chance::of(vocabulary.salt, &[value]);
        self.last_value = chance.next();
        let count = u64::try_from(vocabulary.of.len()).unwrap_or(0);
        let which = usize::try_from(chance.below(count)).unwrap_or(0);
        let first = usize::try_from(value).ok().and_then(|value| vocabulary.first.get(value));
        if let Some(template) = first.or(vocabulary.of.get(which)) {
            template.write(self, &mut chance, out);
        }
    }

    fn word(&self, number: u64) -> &str {
        let count = u64::try_from(self.office.words.len()).unwrap_or(0);
        let place = number.checked_rem(count).and_then(|place| usize::try_from(place).ok());
        place.and_then(|place| self.office.words.get(place)).map_or("", String::as_str)
    }
}
