//! What keeps a piece of background work from being done, told once and again when it changes: work that is tried every few seconds would
//! else fill the log with one sentence.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use hikeshi_domain::causes::causes;
use hikeshi_lake::DiskRoom;
use tokio::time::MissedTickBehavior;

use crate::desk::Desk;

/// How often is looked how much room the disk has. Room that comes and goes faster is not told.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Of several failures so many are named.
const NAMED: usize = 5;

/// One piece of work and what was last said of it.
#[derive(Debug)]
pub(crate) struct Complaint {
    work: &'static str,
    told: Option<String>,
}

/// What is new since the last attempt.
#[derive(Debug, PartialEq, Eq)]
enum News {
    /// It fails, for this reason.
    Fails(String),
    /// It failed before, and does not any more.
    Works,
}

impl Complaint {
    /// Nothing was said yet of this work, a noun: `following sources`.
    pub(crate) const fn about(work: &'static str) -> Self {
        Complaint { work, told: None }
    }

    /// Logs how an attempt went, if that is news. Where the disk is at its reserve, that is said first.
    pub(crate) fn hear<T, E: Error>(&mut self, desk: &Desk, outcome: &Result<T, E>) {
        let full = outcome.is_err().then(|| desk.telemetry.lake.disk_room()).flatten().filter(DiskRoom::at_reserve);
        let work = self.work;
        match (self.news(outcome.as_ref().err().map(|error| reason(error, full.is_some()))), full) {
            (Some(News::Fails(error)), Some(room)) => tracing::error!(
                folder = %room.folder.display(), free_bytes = room.free_bytes, reserve_bytes = room.reserve_bytes,
                "{work}: {error}; it is tried again, and told again when this changes"
            ),
            (Some(News::Fails(error)), None) => tracing::error!(error, "{work} fails; it is tried again, and told again when this changes"),
            (Some(News::Works), _) => tracing::info!("{work}: works again"),
            (None, _) => {}
        }
    }

    fn news(&mut self, failure: Option<String>) -> Option<News> {
        if self.told == failure {
            return None;
        }
        self.told.clone_from(&failure);
        Some(failure.map_or(News::Works, News::Fails))
    }
}

/// The error with what stands behind it. A full disk most likely is the reason, and need not be: the record may lie elsewhere.
fn reason(error: &dyn Error, disk_is_full: bool) -> String {
    if disk_is_full { format!("the disk is full but for its reserve; {}", causes(error)) } else { causes(error) }
}

/// Several things that one piece of work failed at, each with its causes.
#[derive(Debug, Default)]
pub(crate) struct Failures(Vec<String>);

impl Failures {
    /// One more.
    pub(crate) fn add(&mut self, what: impl fmt::Display, error: &dyn Error) {
        self.0.push(format!("{what}: {}", causes(error)));
    }

    /// How the work went: well where nothing failed.
    pub(crate) fn outcome(self) -> Result<(), Failures> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, failure) in self.0.iter().take(NAMED).enumerate() {
            write!(f, "{}{failure}", if number > 0 { "; " } else { "" })?;
        }
        match self.0.len().saturating_sub(NAMED) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl Error for Failures {}

/// Tells that the disk has come to its reserve, and that there is room again.
pub(crate) async fn watch_disk(desk: Desk) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut was_full = false;
    loop {
        looks.tick().await;
        let Some(room) = desk.telemetry.lake.disk_room() else { continue };
        if room.at_reserve() != was_full {
            was_full = room.at_reserve();
            let (folder, free_bytes, reserve_bytes) = (room.folder.display(), room.free_bytes, room.reserve_bytes);
            if was_full {
                tracing::error!(%folder, free_bytes, reserve_bytes, "the disk is full but for its reserve: no events are taken until there is room");
            } else {
                tracing::info!(%folder, free_bytes, reserve_bytes, "the disk has room again: events are taken");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It was logged every 30 seconds, as `internal`.
    #[test]
    fn the_same_failure_is_told_once_and_a_change_again() {
        let mut complaint = Complaint::about("work");
        let mut hear = |failure: Option<&str>| complaint.news(failure.map(str::to_owned));
        let fails = |why: &str| Some(News::Fails(why.to_owned()));
        assert_eq!(hear(None), None, "all is well");
        assert_eq!([hear(Some("a")), hear(Some("a")), hear(Some("a"))], [fails("a"), None, None]);
        assert_eq!([hear(Some("b")), hear(Some("b"))], [fails("b"), None]);
        assert_eq!([hear(None), hear(None), hear(Some("b"))], [Some(News::Works), None, fails("b")]);
    }

    /// At the reserve the cause was nowhere in the log, be it a lost connection to a database elsewhere.
    #[test]
    fn a_reason_names_its_causes_behind_the_reserve_too() {
        let error = crate::Error::internal(std::io::Error::other("the connection was lost"));
        assert!(reason(&error, false).ends_with(": the connection was lost"), "{}", reason(&error, false));
        let full = reason(&error, true);
        assert!(full.starts_with("the disk is full but for its reserve; ") && full.ends_with(": the connection was lost"), "{full}");
    }

    /// A second host that failed in the same words was never told.
    #[test]
    fn failures_are_named_one_by_one() {
        let told = |hosts: usize| {
            let mut failures = Failures::default();
            (0..hosts).for_each(|host| failures.add(format_args!("host `pc-{host}`"), &std::io::Error::other("lost")));
            failures.outcome().map_err(|failures| causes(&failures))
        };
        assert_eq!(told(0), Ok(()));
        assert_eq!(told(1).unwrap_err(), "host `pc-0`: lost");
        assert_eq!(told(2).unwrap_err(), "host `pc-0`: lost; host `pc-1`: lost");
        assert!(told(7).unwrap_err().ends_with("host `pc-4`: lost; and 2 more"), "{}", told(7).unwrap_err());
    }
}
