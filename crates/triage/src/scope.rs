//! What one triage looks at: the window, the subject, the processes and events that belong to it.

use std::collections::BTreeSet;

use hikeshi_domain::alert::ProductAlert;
use hikeshi_domain::triage::{EventRef, Subject, Window};
use hikeshi_event::{Column, Event};
use jiff::{SignedDuration, Timestamp};

use crate::book::VerdictBook;
use crate::coverage::Coverage;
use crate::host::Host;
use crate::input::{Focus, Input, Match};
use crate::kind::Kind;
use crate::lists::LISTED_RULE;
use crate::path::{inside_volume, lower_name, name_of, same_path};
use crate::process::Process;

/// A flash report looks back at most seven times 24 hours (S3-45).
pub const LOOK_BACK: SignedDuration = SignedDuration::from_hours(7 * 24);
/// What came after is read for this long, over a weekend: later the same detection is an alert of its own, with a window of its own (S3-48).
pub const LOOK_AHEAD: SignedDuration = SignedDuration::from_hours(72);

/// Everything that sections and evidence are made from.
pub(crate) struct Scope<'s> {
    pub(crate) input: &'s Input<'s>,
    pub(crate) host: &'s Host<'s>,
    pub(crate) book: &'s VerdictBook,
    pub(crate) window: Window,
    pub(crate) subject: Subject,
    /// The process that the subject is, or that opened it.
    pub(crate) process: Option<usize>,
    /// The processes of the tree, ascending.
    pub(crate) members: BTreeSet<usize>,
    /// Those whose acts fill sections 3 to 7.
    pub(crate) inner: BTreeSet<usize>,
    /// Events in the window that members did, and those that rules matched, ascending.
    pub(crate) events: Vec<usize>,
    /// Matches on events of the scope that no exception excuses.
    pub(crate) matches: Vec<&'s Match<'s>>,
    pub(crate) coverage: Coverage,
}

impl<'s> Scope<'s> {
    pub(crate) fn of(input: &'s Input<'s>, host: &'s Host<'s>, book: &'s VerdictBook) -> Scope<'s> {
        let detected_at = match input.focus {
            Focus::Alert(alert) => alert.detected_at,
            Focus::Found(found) => found.detected_at,
        };
        let from = detected_at.saturating_sub(LOOK_BACK).unwrap_or(Timestamp::MIN);
        let window = Window { from, detected_at, to: input.received_to.max(detected_at) };
        let process = match input.focus {
            Focus::Alert(alert) => process_of(host, alert),
            Focus::Found(found) => found.by_process.then(|| host.processes.with_name(&found.key)).flatten(),
        };
        let members: BTreeSet<usize> = match input.focus {
            Focus::Found(found) => host.members(found),
            Focus::Alert(_) => process.map(|process| host.tree_of(host.top(process)).into_iter().collect()).unwrap_or_default(),
        };
        let inner = match (input.focus, process) {
            (Focus::Alert(_), Some(process)) if !host.is_hub(process) => offspring(host, process, &members),
            _ => members.clone(),
        };
        let mut scope = Scope {
            input,
            host,
            book,
            window,
            subject: Subject::default(),
            process,
            members,
            inner,
            events: Vec::new(),
            matches: Vec::new(),
            coverage: Coverage::default(),
        };
        scope.gather();
        scope.subject = scope.name_subject();
        scope
    }

    fn gather(&mut self) {
        let in_window = |event: &Event<'_>| event.placed_at() >= self.window.from;
        self.coverage = match self.input.coverage {
            Some(counted) => counted.clone(),
            None => Coverage::of(self.host.events.iter().filter(|event| in_window(event))),
        };
        let (host, members) = (self.host, &self.members);
        let acts = |index: &usize| host.processes.acting(*index).is_some_and(|process| members.contains(&process));
        let mut events: BTreeSet<usize> = (0..host.events.len()).filter(acts).collect();
        let belongs: Vec<&'s Match<'s>> = match self.input.focus {
            Focus::Found(found) => found.matches.iter().filter_map(|position| self.input.matches.get(*position)).collect(),
            Focus::Alert(alert) => self.input.matches.iter().filter(|hit| acts(&hit.event) || self.speaks_of(hit.event, alert)).collect(),
        };
        let excused = |hit: &&Match<'_>| {
            let image = self.image_of_event(hit.event);
            self.input.exceptions.iter().any(|entry| entry.excuses_match(&hit.rule.id, image, self.input.now))
        };
        let kept: Vec<&'s Match<'s>> = belongs.into_iter().filter(|hit| !excused(hit)).collect();
        events.extend(kept.iter().map(|hit| hit.event));
        events.retain(|index| host.event(*index).is_some_and(in_window));
        self.events = events.into_iter().collect();
        let weighs = |hit: &&Match<'_>| hit.rule.id != LISTED_RULE.id && host.event(hit.event).is_some_and(in_window);
        self.matches = kept.into_iter().filter(weighs).collect();
    }

    fn speaks_of(&self, index: usize, alert: &ProductAlert) -> bool {
        let (Some(event), Some(file)) = (self.host.event(index), alert.file.as_ref()) else { return false };
        names_file(event, file)
    }

    fn image_of_event(&self, index: usize) -> Option<&'s str> {
        self.host.processes.acting(index).and_then(|process| self.host.processes.get(process)).and_then(|process| process.image)
    }

    fn name_subject(&self) -> Subject {
        let mut subject = Subject::default();
        if let Some((index, process)) = self.process.and_then(|index| Some((index, self.host.processes.get(index)?))) {
            let own = |text: Option<&str>| text.map(str::to_owned);
            subject.node = Some(self.host.processes.name(index));
            subject.image = own(process.image);
            subject.sha256 = own(process.sha256).map(|hash| hash.to_lowercase());
            subject.sha1 = own(process.sha1).map(|hash| hash.to_lowercase());
            subject.md5 = own(process.md5).map(|hash| hash.to_lowercase());
            subject.process_guid = own(process.guid);
            subject.pid = process.pid;
            subject.command_line = own(process.command_line);
            subject.user = own(process.user);
        }
        match self.input.focus {
            Focus::Found(found) if !found.by_process => {
                subject.user = found.user.clone();
                subject.channel = found.channel.clone();
            }
            Focus::Alert(alert) => self.name_by_alert(&mut subject, alert),
            Focus::Found(_) => {}
        }
        subject
    }

    fn name_by_alert(&self, subject: &mut Subject, alert: &ProductAlert) {
        if let Some(process) = &alert.process {
            subject.pid = subject.pid.or(process.pid);
            subject.process_guid = subject.process_guid.take().or(process.guid.clone());
        }
        let Some(file) = &alert.file else { return };
        let other_file = match (&file.path, &subject.image) {
            (Some(path), Some(image)) => !same_path(path, image),
            (None, Some(_)) => false,
            _ => true,
        };
        let hash = |hash: &Option<String>| hash.as_ref().map(|hash| hash.trim().to_lowercase()).filter(|hash| !hash.is_empty());
        let known = self.hashes_of_file(file.path.as_deref());
        if other_file {
            (subject.sha256, subject.sha1, subject.md5) = known;
            subject.image = file.path.clone().or(subject.image.take());
        }
        subject.sha256 = hash(&file.sha256).or(subject.sha256.take());
        subject.sha1 = hash(&file.sha1).or(subject.sha1.take());
        subject.md5 = hash(&file.md5).or(subject.md5.take());
    }

    /// Hashes that file events tell of the path.
    fn hashes_of_file(&self, path: Option<&str>) -> (Option<String>, Option<String>, Option<String>) {
        let Some(path) = path else { return (None, None, None) };
        let told = self.host.of_kinds(&[Kind::FileStream, Kind::FileExecutable, Kind::FileDelete, Kind::ImageLoad]);
        let told = told.map(|(_, event)| event).find(|event| {
            event.text(Column::FileSha256).or(event.text(Column::FileMd5)).is_some()
                && event.text(Column::FilePath).is_some_and(|known| same_path(known, path))
        });
        let lower = |column| told.and_then(|event| event.text(column)).map(str::to_lowercase);
        (lower(Column::FileSha256), lower(Column::FileSha1), lower(Column::FileMd5))
    }

    /// Processes of the tree in order of their first sign.
    pub(crate) fn processes(&self) -> impl Iterator<Item = (usize, &Process<'s>)> {
        self.members.iter().filter_map(|index| Some((*index, self.host.processes.get(*index)?)))
    }

    /// Events of the scope of these kinds.
    pub(crate) fn of_kinds<'k>(&'k self, kinds: &'k [Kind]) -> impl Iterator<Item = (usize, &'s Event<'s>)> + 'k {
        let events = self.events.iter().filter(|index| kinds.contains(&self.host.kind(**index)));
        events.filter_map(|index| Some((*index, self.host.event(*index)?)))
    }

    /// Events of the host in the window of these kinds, whoever acted.
    pub(crate) fn host_events<'k>(&'k self, kinds: &'k [Kind]) -> impl Iterator<Item = (usize, &'s Event<'s>)> + 'k {
        self.host.of_kinds(kinds).filter(|(_, event)| event.placed_at() >= self.window.from)
    }

    /// Who acted in the event.
    pub(crate) fn actor(&self, index: usize) -> Option<&Process<'s>> {
        self.host.processes.acting(index).and_then(|process| self.host.processes.get(process))
    }

    /// Names the event for a reader.
    pub(crate) fn reference(&self, index: usize) -> Option<EventRef> {
        let event = self.host.event(index)?;
        Some(EventRef {
            uid: event.uid.to_string(),
            path: self.input.place.and_then(|place| place(index)),
            channel: event.channel.to_string(),
            record_id: event.record_id,
            time: event.time,
        })
    }

    /// Names the events, at most as many as the book shows.
    pub(crate) fn references(&self, indices: &[usize]) -> Vec<EventRef> {
        indices.iter().take(self.book.shown.events).filter_map(|index| self.reference(*index)).collect()
    }
}

/// The process that the alert speaks of: by GUID, by the file's hash or path, by the file that it opened, by pid.
pub(crate) fn process_of(host: &Host<'_>, alert: &ProductAlert) -> Option<usize> {
    let by_guid = alert.process.as_ref().and_then(|process| process.guid.as_deref()).and_then(|guid| host.processes.with_guid(guid));
    let by_file = || alert.file.as_ref().and_then(|file| nearest(host, alert.detected_at, |process| runs(process, file)));
    let by_pid = || alert.process.as_ref().and_then(|process| process.pid).and_then(|pid| host.processes.with_pid(pid, alert.detected_at));
    let opener = || {
        let path = alert.file.as_ref()?.path.as_deref()?;
        let path = inside_volume(path).to_lowercase();
        nearest(host, alert.detected_at, |process| {
            process.command_line.is_some_and(|line| path.len() > 3 && line.to_lowercase().contains(&path))
        })
    };
    by_guid.or_else(by_file).or_else(by_pid).or_else(opener)
}

fn runs(process: &Process<'_>, file: &hikeshi_domain::alert::AlertFile) -> bool {
    let same =
        |known: Option<&str>, wanted: &Option<String>| known.zip(wanted.as_deref()).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b.trim()));
    let by_hash = same(process.sha256, &file.sha256) || same(process.sha1, &file.sha1) || same(process.md5, &file.md5);
    by_hash || process.image.zip(file.path.as_deref()).is_some_and(|(image, path)| same_path(image, path))
}

/// Of the fitting processes the one that began nearest to the instant, one that began before it first.
fn nearest(host: &Host<'_>, at: Timestamp, fits: impl Fn(&Process<'_>) -> bool) -> Option<usize> {
    let fitting = host.processes.iter().filter(|(_, process)| fits(process));
    let distance = |process: &Process<'_>| {
        let began = process.started_at.unwrap_or(process.first_seen_at);
        (began > at, began.duration_since(at).abs())
    };
    fitting.min_by_key(|(index, process)| (distance(process), *index)).map(|(index, _)| index)
}

/// Whether the event names the file by path or hash.
pub(crate) fn names_file(event: &Event<'_>, file: &hikeshi_domain::alert::AlertFile) -> bool {
    let same =
        |column, wanted: &Option<String>| event.text(column).zip(wanted.as_deref()).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b.trim()));
    let by_hash = same(Column::FileSha256, &file.sha256) || same(Column::FileSha1, &file.sha1) || same(Column::FileMd5, &file.md5);
    let by_path = || crate::product::detected_file(event).zip(file.path.as_deref()).is_some_and(|(known, path)| same_path(known, path));
    by_hash || by_path()
}

/// The process and what came from it.
fn offspring(host: &Host<'_>, process: usize, members: &BTreeSet<usize>) -> BTreeSet<usize> {
    let mut inner = BTreeSet::from([process]);
    let mut open = vec![process];
    while let Some(next) = open.pop() {
        let children = host.processes.get(next).map(|known| known.children.as_slice()).unwrap_or_default();
        open.extend(children.iter().filter(|child| members.contains(child) && inner.insert(**child)));
    }
    inner
}

/// Name of the image in lower case; empty if unknown.
pub(crate) fn image_name(process: &Process<'_>) -> String {
    process.image.map(lower_name).unwrap_or_default()
}

/// Name of the image as written, for people.
pub(crate) fn shown_image(process: &Process<'_>) -> String {
    process.image.map(name_of).map(str::to_owned).or(process.pid.map(|pid| format!("pid {pid}"))).unwrap_or_else(|| "?".to_owned())
}
