//! By when something is due, and how that was counted.
//!
//! An elapsed clock runs on the UTC line, day and night; a business clock counts the hours or days in which a desk works. What runs
//! stands in `playbook/clocks.yaml`, who works when in `playbook/calendars`. Each deadline carries its counting step by step.

mod business;
mod holidays;
mod rule;
mod running;
pub mod vector;

use std::collections::BTreeMap;
use std::sync::LazyLock;

pub use business::BusinessCalendar;
pub use holidays::Holidays;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
pub use rule::{Rule, RuleError};
pub use running::{ClockError, EarlierStart, Event, Pause, RunningClock, Source, Standing};
use serde::{Deserialize, Serialize};
use serde_saphyr::Spanned;

use crate::flash_report::Target;
use crate::phrase::Phrase;
use crate::playbook::{Files, PlaybookError};

const PATH: &str = "clocks.yaml";

static SHIPPED: LazyLock<Result<Clocks, PlaybookError>> = LazyLock::new(|| Clocks::load(&Files::shipped()));

/// Something that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    /// 速報レポート: about two hours after receipt (S3-31).
    FlashReport,
    /// 解説レポート: about five business hours after receipt (S3-52).
    CommentaryReport,
    /// The customer's answer to a grey verdict: three business days (S3-64).
    GreyReply,
    /// 初回応答: somebody of the desk answers whoever asked (S0-38).
    FirstAnswer,
    /// 駆け付け: a specialist stands at the customer's door, 24 hours after the request was accepted (S2-10).
    OnSite,
    /// 問い合わせ回答: an inquiry is answered in business hours (S3-80).
    InquiryAnswer,
}

impl Duty {
    /// All.
    pub const ALL: [Duty; 6] =
        [Duty::FlashReport, Duty::CommentaryReport, Duty::GreyReply, Duty::FirstAnswer, Duty::OnSite, Duty::InquiryAnswer];

    /// The word in the playbook.
    pub const fn name(self) -> &'static str {
        match self {
            Duty::FlashReport => "flash_report",
            Duty::CommentaryReport => "commentary_report",
            Duty::GreyReply => "grey_reply",
            Duty::FirstAnswer => "first_answer",
            Duty::OnSite => "on_site",
            Duty::InquiryAnswer => "inquiry_answer",
        }
    }
}

/// An instant by which something is due, with the counting that led there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    /// When, UTC.
    pub at: Timestamp,
    /// How it was counted, in words, in order.
    pub steps: Vec<Phrase>,
}

/// The clocks in force, checked.
#[derive(Debug, Clone)]
pub struct Clocks {
    rules: BTreeMap<Duty, Rule>,
    calendars: BTreeMap<String, BusinessCalendar>,
}

impl Clocks {
    /// Reads and checks clocks and calendars.
    ///
    /// # Errors
    /// When a file is wrong: its name, the line and what was expected.
    pub fn load(files: &Files) -> Result<Self, PlaybookError> {
        let calendars = business::load(files)?;
        let written: Written = files.read(PATH)?;
        let mut rules = BTreeMap::new();
        for (duty, rule) in written.clocks {
            let line = rule.referenced.line();
            let rule = rule.value.rule().map_err(|expected| PlaybookError::at(PATH, line, format!("`{}`: {expected}", duty.name())))?;
            if let Rule::BusinessHours { calendar, .. } | Rule::BusinessDays { calendar, .. } = &rule
                && !calendars.contains_key(calendar)
            {
                return Err(PlaybookError::at(PATH, line, format!("expected a calendar of calendars/business.yaml, found `{calendar}`")));
            }
            rules.insert(duty, rule);
        }
        match Duty::ALL.into_iter().find(|duty| !rules.contains_key(duty)) {
            Some(missing) => Err(PlaybookError::at(PATH, 0, format!("expected an entry for `{}`, found none", missing.name()))),
            None => Ok(Clocks { rules, calendars }),
        }
    }

    /// The shipped clocks.
    ///
    /// # Errors
    /// When a shipped file is wrong; ask once at start.
    pub fn shipped() -> Result<&'static Clocks, PlaybookError> {
        SHIPPED.as_ref().map_err(Clone::clone)
    }

    /// The same clocks with an organisation's own calendars beside the shipped ones; one of the same name takes its place.
    ///
    /// # Errors
    /// When the text (of the shape of `calendars/business.yaml`) is wrong: the line and what was expected. `path` names it.
    pub fn with_calendars(mut self, files: &Files, path: &str, text: &str) -> Result<Self, PlaybookError> {
        self.calendars.extend(business::read(files, path, text)?);
        Ok(self)
    }

    /// When a duty is due that starts at `start`. Steps name times in `zone` (an elapsed clock) or in the calendar's zone.
    pub fn due(&self, duty: Duty, start: Timestamp, zone: &TimeZone) -> Deadline {
        let counted = self.rules.get(&duty).and_then(|rule| self.count(rule, start, zone).ok());
        counted.unwrap_or_else(|| elapsed(start, 0, zone))
    }

    /// The rule by which a duty is due unless a contract says otherwise.
    pub fn rule(&self, duty: Duty) -> Option<&Rule> {
        self.rules.get(&duty)
    }

    /// A business calendar by name.
    pub fn calendar(&self, name: &str) -> Option<&BusinessCalendar> {
        self.calendars.get(name)
    }

    /// The names of all calendars, in order.
    pub fn calendars(&self) -> impl Iterator<Item = &str> {
        self.calendars.keys().map(String::as_str)
    }

    /// The zone in which a rule's deadline is a date: its calendar's, else the one of the matter.
    pub fn zone_of<'a>(&'a self, rule: &Rule, matter: &'a TimeZone) -> TimeZone {
        rule.calendar().and_then(|name| self.calendar(name)).map_or_else(|| matter.clone(), |calendar| calendar.zone().clone())
    }

    /// The public holiday on a date in the country of a zone (its word in phrases after `holiday.`), as the calendars there have it.
    pub fn holiday(&self, zone: &str, date: Date) -> Option<&str> {
        self.calendars.values().filter(|calendar| calendar.zone().iana_name() == Some(zone)).find_map(|calendar| calendar.holiday(date))
    }
}

/// Whether something done at `done_at` met its target. At the very instant is in time.
pub fn target(due_at: Timestamp, done_at: Timestamp) -> Target {
    if done_at <= due_at { Target::Met } else { Target::Missed }
}

/// `hours` later on the UTC line: a change to or from summer time does not alter the length.
pub fn elapsed(start: Timestamp, hours: i64, zone: &TimeZone) -> Deadline {
    let at = start.saturating_add(SignedDuration::from_hours(hours)).unwrap_or(start);
    let steps = vec![
        Phrase::new("clock.start").with("at", shown(start, zone)),
        Phrase::new("clock.elapsed").with("hours", hours.to_string()),
        Phrase::new("clock.due").with("at", shown(at, zone)),
    ];
    Deadline { at, steps }
}

/// Local time with offset, to the minute: `2026-11-24 12:15 +09:00`.
pub(crate) fn shown(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %:z").to_string()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(rename = "version")]
    _version: String,
    clocks: BTreeMap<Duty, Spanned<WrittenRule>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    elapsed_hours: Option<u16>,
    business_hours: Option<u16>,
    business_days: Option<u16>,
    calendar: Option<String>,
    #[serde(rename = "source")]
    _source: String,
}

impl WrittenRule {
    fn rule(self) -> Result<Rule, &'static str> {
        match (self.elapsed_hours, self.business_hours, self.business_days, self.calendar) {
            (Some(hours), None, None, None) if hours > 0 => Ok(Rule::Elapsed { hours: hours.into() }),
            (None, Some(hours), None, Some(calendar)) if hours > 0 => Ok(Rule::BusinessHours { hours: hours.into(), calendar }),
            (None, None, Some(days), Some(calendar)) if days > 0 => Ok(Rule::BusinessDays { days: days.into(), calendar }),
            _ => Err("expected one of `elapsed_hours`, or `business_hours` or `business_days` with `calendar`, above 0"),
        }
    }
}
