//! How a case stands, in the words of its header: what is next and by when, and how bad it is or may be.
//!
//! Names only duties that the desk knows of, and deadlines only where `playbook/clocks.yaml` has a clock for them.

use hikeshi_domain::alert::{Alert, AlertState};
use hikeshi_domain::case::Case;
use hikeshi_domain::clock::{self, Deadline};
use hikeshi_domain::phrase::{Language, Phrase};
use hikeshi_domain::phrases::render;
use jiff::tz::TimeZone;

use super::words;
use crate::alert::AlertLine;
use crate::desk::Desk;

/// What is to be done next.
#[derive(Debug, Clone)]
pub struct NextDuty {
    /// The act.
    pub what: Phrase,
    /// The clock that runs, by its name in the playbook, and when it ends; none where no clock is set for the act.
    pub clock: Option<(clock::Duty, Deadline)>,
}

/// How bad it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Harm {
    /// A person has judged it.
    Judged(String),
    /// The playbook proposes it; nobody has judged.
    Possible(String),
}

/// What is next in a case; nothing in a closed one.
pub fn next_duty(desk: &Desk, case: &Case, alerts: &[AlertLine], time_zone: &str) -> Option<NextDuty> {
    if case.closed.is_some() {
        return None;
    }
    let unreported = alerts.iter().map(|line| &line.alert).filter(|alert| matches!(alert.state, AlertState::Received));
    if let Some(alert) = unreported.min_by_key(|alert| alert.due_at) {
        return Some(flash_report(desk, alert, time_zone));
    }
    let what = match &case.decided {
        None => Phrase::new("duty.judge"),
        Some(decision) => Phrase::new("duty.respond").with("flows", words(&decision.flows)),
    };
    Some(NextDuty { what, clock: None })
}

/// How bad the case is, in one line of a person's language.
pub fn harm(desk: &Desk, case: &Case, language: Language) -> Option<Harm> {
    if let Some(decision) = &case.decided {
        let mut severities = desk.procedure.matrix().severities();
        let (_, entry) = severities.find(|(severity, _)| *severity == decision.severity)?;
        return Some(Harm::Judged(entry.meaning.get(language).to_owned()));
    }
    // Reasons of a proposal: type, severity, flows.
    let reason = case.proposed.as_ref()?.reasons.get(1)?;
    Some(Harm::Possible(render(reason, language)))
}

fn flash_report(desk: &Desk, alert: &Alert, time_zone: &str) -> NextDuty {
    let zone = TimeZone::get(time_zone).unwrap_or(TimeZone::UTC);
    let duty = clock::Duty::FlashReport;
    let steps = desk.clocks.due(duty, alert.received_at, &zone).steps;
    let what = Phrase::new("duty.flash_report").with("host", &alert.raised.host);
    NextDuty { what, clock: Some((duty, Deadline { at: alert.due_at, steps })) }
}
