//! A clock of one matter: started by an event, paused with a reason, started anew with its history, stopped by an event.
//!
//! What is stored are the events; when it is due follows from them and from the rule, so that every deadline can be counted again.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{BusinessCalendar, Clocks, Deadline, Duty, Rule, RuleError, shown};
use crate::id::PersonId;
use crate::phrase::Phrase;

/// Who set the rule: a breach of each weighs otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// 契約: a term that both sides signed.
    Contract,
    /// 目標: what the desk promises itself.
    Promise,
    /// 法令: a term of law.
    Law,
}

impl Source {
    /// The word in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Source::Contract => "contract",
            Source::Promise => "promise",
            Source::Law => "law",
        }
    }
}

/// Something that happened to a clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When it happened, UTC; the record's version says when it was written down.
    pub at: Timestamp,
    /// Who wrote it down; absent: the desk.
    pub by: Option<PersonId>,
}

/// A span that does not count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pause {
    /// From when.
    pub from: Event,
    /// Until when; absent while it lasts.
    pub until: Option<Event>,
    /// Why.
    pub reason: String,
}

/// A start that no longer counts, with the pauses that belonged to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EarlierStart {
    /// The start that counted until then.
    pub start: Event,
    /// Its pauses.
    pub pauses: Vec<Pause>,
    /// Who set the new start, and when.
    pub replaced: Event,
    /// Why.
    pub reason: String,
    /// Its deadline had passed by then: a breach is never hidden.
    pub missed: bool,
}

/// A clock of one matter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunningClock {
    /// What is due.
    pub duty: Duty,
    /// By which rule, as it was in force when the clock was started.
    pub rule: Rule,
    /// Who set the rule.
    pub source: Source,
    /// IANA name of the zone where the matter is.
    pub time_zone: String,
    /// What started it.
    pub start: Event,
    /// What did not count, oldest first.
    pub pauses: Vec<Pause>,
    /// Starts before this one, oldest first.
    pub earlier: Vec<EarlierStart>,
    /// What ended it.
    pub stopped: Option<Event>,
}

/// How a clock stands at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It runs.
    Running,
    /// It runs, and a quarter of its time or less is left.
    Pressing,
    /// It stands still.
    Paused,
    /// It runs, and its time is over: shown, never hidden.
    Overdue,
    /// Done in time.
    Met,
    /// Done too late.
    Missed,
    /// It cannot be counted: its calendar is no longer there.
    Uncounted,
}

impl Standing {
    /// The word in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Standing::Running => "running",
            Standing::Pressing => "pressing",
            Standing::Paused => "paused",
            Standing::Overdue => "overdue",
            Standing::Met => "met",
            Standing::Missed => "missed",
            Standing::Uncounted => "uncounted",
        }
    }
}

/// What cannot be done to a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// It has been stopped.
    #[error("the clock has been stopped")]
    Stopped,
    /// It stands still already.
    #[error("the clock is paused already")]
    Paused,
    /// It does not stand still.
    #[error("the clock is not paused")]
    NotPaused,
    /// Its rule names a day: nothing can be taken out of it; set another start.
    #[error("the rule names a day, so that the clock cannot be paused; set another start")]
    ByDate,
    /// Its deadline has passed: a pause would hide the breach.
    #[error("the deadline has passed, so that the clock cannot be paused")]
    Overdue,
    /// The event would lie before the one that it follows.
    #[error("the event lies before the one that it follows")]
    OutOfOrder,
}

impl RunningClock {
    /// A clock that starts with an event.
    pub const fn started(duty: Duty, rule: Rule, source: Source, time_zone: String, start: Event) -> Self {
        RunningClock { duty, rule, source, time_zone, start, pauses: Vec::new(), earlier: Vec::new(), stopped: None }
    }

    /// When it is due as seen at `now`, with the counting; a pause that lasts is counted up to `now`.
    ///
    /// # Errors
    /// As [`Clocks::count`].
    pub fn deadline(&self, clocks: &Clocks, now: Timestamp) -> Result<Deadline, RuleError> {
        let zone = TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC);
        let now = self.stopped.as_ref().map_or(now, |stopped| stopped.at);
        match &self.rule {
            Rule::Elapsed { hours } => Ok(self.elapsed(*hours, &zone, now)),
            Rule::BusinessHours { hours, calendar } => self.business_hours(*hours, clocks.named(calendar)?, now),
            by_date => clocks.count(by_date, self.start.at, &zone),
        }
    }

    /// How it stands at `now`.
    pub fn standing(&self, clocks: &Clocks, now: Timestamp) -> Standing {
        let Ok(Deadline { at: due, .. }) = self.deadline(clocks, now) else { return Standing::Uncounted };
        let (whole, left) = (due.duration_since(self.start.at), due.duration_since(now));
        match &self.stopped {
            Some(stopped) if stopped.at <= due => Standing::Met,
            Some(_) => Standing::Missed,
            None if now > due => Standing::Overdue,
            None if self.is_paused() => Standing::Paused,
            None if left.saturating_mul(4) <= whole => Standing::Pressing,
            None => Standing::Running,
        }
    }

    /// Whether it stands still.
    pub fn is_paused(&self) -> bool {
        self.stopped.is_none() && self.pauses.last().is_some_and(|pause| pause.until.is_none())
    }

    /// Stands still from an event on, as written down at `now`.
    ///
    /// # Errors
    /// Where it has stopped, stands still already, is overdue, names a day, or the event lies before the last one.
    pub fn pause(&mut self, clocks: &Clocks, now: Timestamp, from: Event, reason: String) -> Result<(), ClockError> {
        self.goes_on(from.at)?;
        if self.is_paused() {
            return Err(ClockError::Paused);
        }
        if self.rule.is_date() || matches!(self.rule, Rule::Months { .. }) {
            return Err(ClockError::ByDate);
        }
        if self.standing(clocks, now) == Standing::Overdue {
            return Err(ClockError::Overdue);
        }
        self.pauses.push(Pause { from, until: None, reason });
        Ok(())
    }

    /// Runs again.
    ///
    /// # Errors
    /// Where it has stopped or does not stand still, or the event lies before the pause.
    pub fn resume(&mut self, until: Event) -> Result<(), ClockError> {
        self.goes_on(until.at)?;
        let lasting = self.pauses.last_mut().filter(|pause| pause.until.is_none()).ok_or(ClockError::NotPaused)?;
        lasting.until = Some(until);
        Ok(())
    }

    /// Counts from another start; the one that counted so far stays in its history, with whether its deadline had passed.
    ///
    /// # Errors
    /// Where it has stopped.
    pub fn rebase(&mut self, clocks: &Clocks, start: Event, replaced: Event, reason: String) -> Result<(), ClockError> {
        if self.stopped.is_some() {
            return Err(ClockError::Stopped);
        }
        let missed = self.standing(clocks, replaced.at) == Standing::Overdue;
        let start = std::mem::replace(&mut self.start, start);
        self.earlier.push(EarlierStart { start, pauses: std::mem::take(&mut self.pauses), replaced, reason, missed });
        Ok(())
    }

    /// Ends with an event.
    ///
    /// # Errors
    /// Where it has stopped, or the event lies before the last one.
    pub fn stop(&mut self, event: Event) -> Result<(), ClockError> {
        self.goes_on(event.at)?;
        self.stopped = Some(event);
        Ok(())
    }

    /// Whether an event can follow the last one.
    fn goes_on(&self, at: Timestamp) -> Result<(), ClockError> {
        let last = self.pauses.last().map_or(self.start.at, |pause| pause.until.as_ref().map_or(pause.from.at, |until| until.at));
        match &self.stopped {
            Some(_) => Err(ClockError::Stopped),
            None if at < last => Err(ClockError::OutOfOrder),
            None => Ok(()),
        }
    }

    /// The pauses as spans; one that lasts ends now.
    fn spans(&self, now: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        self.pauses.iter().map(move |pause| {
            let end = pause.until.as_ref().map_or(now, |until| until.at);
            (pause.from.at, end.max(pause.from.at))
        })
    }

    fn business_hours(&self, hours: u32, calendar: &BusinessCalendar, now: Timestamp) -> Result<Deadline, RuleError> {
        let zone = calendar.zone();
        let (mut from, mut left) = (self.start.at, SignedDuration::from_hours(i64::from(hours)));
        let mut steps = vec![Phrase::new("clock.start").with("at", shown(from, zone))];
        for (begin, end) in self.spans(now) {
            let counted = calendar.hours_between(from, begin);
            if counted >= left {
                break;
            }
            left -= counted;
            let counted = Phrase::new("clock.hours_so_far").with("from", shown(from, zone)).with("to", shown(begin, zone));
            steps.push(counted.with("left", format!("{}:{:02}", left.as_hours(), left.as_mins() % 60)));
            steps.push(paused(begin, end, zone));
            from = end;
        }
        let deadline = calendar.after_hours(from, left);
        // Its first step names the start.
        steps.extend(deadline.steps.into_iter().skip(1));
        if deadline.at == Timestamp::MAX { Err(RuleError::TooFar) } else { Ok(Deadline { at: deadline.at, steps }) }
    }

    fn elapsed(&self, hours: u32, zone: &TimeZone, now: Timestamp) -> Deadline {
        let counted = super::elapsed(self.start.at, i64::from(hours), zone);
        let (mut at, mut steps) = (counted.at, counted.steps);
        // The last step names the end; pauses come before it.
        steps.pop();
        for (begin, end) in self.spans(now) {
            if begin >= at {
                break;
            }
            at = at.saturating_add(end.duration_since(begin)).unwrap_or(Timestamp::MAX);
            steps.push(paused(begin, end, zone));
        }
        steps.push(Phrase::new("clock.due").with("at", shown(at, zone)));
        Deadline { at, steps }
    }
}

fn paused(from: Timestamp, to: Timestamp, zone: &TimeZone) -> Phrase {
    Phrase::new("clock.paused").with("from", shown(from, zone)).with("to", shown(to, zone))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phrase::Language;
    use crate::phrases::render;

    fn at(text: &str) -> Event {
        Event { at: text.parse().unwrap(), by: None }
    }

    fn clock(rule: &str, start: &str) -> RunningClock {
        RunningClock::started(Duty::OnSite, rule.parse().unwrap(), Source::Contract, "Asia/Tokyo".to_owned(), at(start))
    }

    /// Paused from an instant on, as written down at another.
    fn pause(clock: &mut RunningClock, from: &str, written: &str) -> Result<(), ClockError> {
        clock.pause(Clocks::shipped().unwrap(), written.parse().unwrap(), at(from), "waits for the customer".to_owned())
    }

    fn due(clock: &RunningClock, now: &str) -> String {
        clock.deadline(Clocks::shipped().unwrap(), now.parse().unwrap()).unwrap().at.to_string()
    }

    fn standing(clock: &RunningClock, now: &str) -> Standing {
        clock.standing(Clocks::shipped().unwrap(), now.parse().unwrap())
    }

    // covers: S2-10, S2-11
    #[test]
    fn twenty_four_hours_run_through_the_night_and_stop_with_an_event() {
        let mut clock = clock("elapsed:24", "2026-11-22T18:10:00Z");
        assert_eq!(due(&clock, "2026-11-22T19:00:00Z"), "2026-11-23T18:10:00Z");
        assert_eq!(standing(&clock, "2026-11-23T12:09:59Z"), Standing::Running);
        assert_eq!(standing(&clock, "2026-11-23T12:10:00Z"), Standing::Pressing);
        assert_eq!(standing(&clock, "2026-11-23T18:10:00Z"), Standing::Pressing);
        assert_eq!(standing(&clock, "2026-11-23T18:10:01Z"), Standing::Overdue);
        clock.stop(at("2026-11-23T19:00:00Z")).unwrap();
        assert_eq!(standing(&clock, "2026-11-30T00:00:00Z"), Standing::Missed, "a breach is never hidden");
        assert_eq!(clock.stop(at("2026-11-23T19:00:00Z")), Err(ClockError::Stopped));
    }

    #[test]
    fn what_is_paused_does_not_count_and_a_lasting_pause_moves_on() {
        let mut clock = clock("elapsed:2", "2026-11-24T00:00:00Z");
        pause(&mut clock, "2026-11-24T00:30:00Z", "2026-11-24T00:30:00Z").unwrap();
        assert_eq!(standing(&clock, "2026-11-24T05:00:00Z"), Standing::Paused);
        assert_eq!(due(&clock, "2026-11-24T05:00:00Z"), "2026-11-24T06:30:00Z");
        assert_eq!(pause(&mut clock, "2026-11-24T05:00:00Z", "2026-11-24T05:00:00Z"), Err(ClockError::Paused));
        assert_eq!(clock.resume(at("2026-11-24T00:29:59Z")), Err(ClockError::OutOfOrder));
        clock.resume(at("2026-11-24T06:00:00Z")).unwrap();
        assert_eq!(due(&clock, "2026-11-24T09:00:00Z"), "2026-11-24T07:30:00Z");
        let steps = clock.deadline(Clocks::shipped().unwrap(), "2026-11-24T06:30:00Z".parse().unwrap()).unwrap().steps;
        let keys: Vec<&str> = steps.iter().map(|step| step.key.as_ref()).collect();
        assert_eq!(keys, ["clock.start", "clock.elapsed", "clock.paused", "clock.due"]);
    }

    #[test]
    fn no_pause_takes_back_a_breach() {
        let mut clock = clock("elapsed:2", "2026-11-24T00:00:00Z");
        for from in ["2026-11-24T01:00:00Z", "2026-11-24T03:00:00Z"] {
            assert_eq!(pause(&mut clock, from, "2026-11-24T03:00:00Z"), Err(ClockError::Overdue), "{from}");
        }
        assert_eq!(standing(&clock, "2026-11-24T09:00:00Z"), Standing::Overdue);
        pause(&mut clock, "2026-11-24T01:00:00Z", "2026-11-24T02:00:00Z").unwrap();
        assert_eq!(due(&clock, "2026-11-24T02:00:00Z"), "2026-11-24T03:00:00Z");
    }

    /// Five business hours from Monday 15:00; paused from Monday 16:00 to Wednesday 10:00 (Tuesday is a holiday): one hour had counted.
    #[test]
    fn business_hours_go_on_after_a_pause_where_they_stopped() {
        let mut clock = clock("bh:5;cal=JP0917", "2026-11-02T06:00:00Z");
        assert_eq!(due(&clock, "2026-11-02T06:00:00Z"), "2026-11-04T03:00:00Z");
        pause(&mut clock, "2026-11-02T07:00:00Z", "2026-11-02T07:00:00Z").unwrap();
        clock.resume(at("2026-11-04T01:00:00Z")).unwrap();
        assert_eq!(due(&clock, "2026-11-04T02:00:00Z"), "2026-11-04T05:00:00Z");
        let steps = clock.deadline(Clocks::shipped().unwrap(), "2026-11-04T02:00:00Z".parse().unwrap()).unwrap().steps;
        let said: Vec<String> = steps.iter().map(|step| render(step, Language::En)).collect();
        let expected = [
            "Starts at 2026-11-02 15:00 +09:00",
            "2026-11-02 15:00 +09:00 to 2026-11-02 16:00 +09:00 counts as far as the desk works (4:00 left)",
            "2026-11-02 16:00 +09:00 to 2026-11-04 10:00 +09:00 does not count (paused)",
            "2026-11-04 10:00–14:00 counts (0:00 left)",
            "Due at 2026-11-04 14:00 +09:00",
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn another_start_keeps_the_one_before() {
        let mut clock = clock("elapsed:2", "2026-11-24T00:00:00Z");
        pause(&mut clock, "2026-11-24T00:30:00Z", "2026-11-24T00:30:00Z").unwrap();
        let clocks = Clocks::shipped().unwrap();
        let (start, written) = (at("2026-11-24T04:00:00Z"), at("2026-11-24T04:10:00Z"));
        clock.rebase(clocks, start.clone(), written, "the call was logged late".to_owned()).unwrap();
        assert_eq!(due(&clock, "2026-11-24T04:10:00Z"), "2026-11-24T06:00:00Z");
        assert!(!clock.is_paused());
        assert_eq!(clock.earlier[0].start, at("2026-11-24T00:00:00Z"));
        assert_eq!((clock.earlier[0].pauses.len(), clock.earlier[0].missed), (1, false));
        clock.rebase(clocks, start, at("2026-11-24T09:00:00Z"), "again".to_owned()).unwrap();
        assert!(clock.earlier[1].missed, "its deadline of 06:00 had passed");
    }

    #[test]
    fn a_rule_that_names_a_day_is_not_paused() {
        for rule in ["bd:3;cal=JP0917", "nthday:30;roll=next", "month:1", "sec4bd"] {
            let mut clock = clock(rule, "2026-11-24T00:00:00Z");
            assert_eq!(pause(&mut clock, "2026-11-25T00:00:00Z", "2026-11-25T00:00:00Z"), Err(ClockError::ByDate), "{rule}");
        }
    }

    #[test]
    fn a_clock_is_read_as_it_was_written() {
        let mut clock = clock("bh:5;cal=JP0917", "2026-11-02T06:00:00Z");
        pause(&mut clock, "2026-11-02T07:00:00Z", "2026-11-02T07:00:00Z").unwrap();
        let text = serde_json::to_string(&clock).unwrap();
        assert!(text.contains(r#""rule":"bh:5;cal=JP0917""#), "{text}");
        assert_eq!(serde_json::from_str::<RunningClock>(&text).unwrap(), clock);
    }
}
