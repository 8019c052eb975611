//! What keeps a piece of background work from being done, told once and again when it changes: work that is tried every few seconds would
//! else fill the log with one sentence.

use std::error::Error;
use std::time::Duration;

use hikeshi_domain::causes::causes;
use hikeshi_lake::DiskRoom;
use tokio::time::MissedTickBehavior;

use crate::desk::Desk;

/// How often is looked how much room the disk has. Room that comes and goes faster is not told.
const LOOK_EVERY: Duration = Duration::from_secs(5);

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

    /// Logs how an attempt went, if that is news. Where the disk is at its reserve, that is the reason that counts.
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

/// The error with what stands behind it.
fn reason(error: &dyn Error, disk_is_full: bool) -> String {
    if disk_is_full {
        return "the disk is full but for its reserve, which stops the writing".to_owned();
    }
    causes(error)
}

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

    #[test]
    fn a_reason_names_its_causes_and_the_reserve_before_all() {
        let error = crate::Error::internal(std::io::Error::other("the file is locked"));
        assert!(reason(&error, false).ends_with(": the file is locked"), "{}", reason(&error, false));
        assert!(reason(&error, true).contains("reserve"));
    }
}
