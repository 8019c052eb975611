//! Room in memory for the windows of hosts.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, Result};

/// Windows of hosts that are held side by side: an event takes two to four kilobytes there, and a busy host sends tens of thousands a week.
const WINDOWS_AT_ONCE: usize = 2;
/// Of those, whatever is no first look at an alert may hold so many: a new alert always finds room.
const LATER_AT_ONCE: usize = WINDOWS_AT_ONCE - 1;

/// Why a host's window is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// An alert is triaged for the first time, or because somebody asked.
    First,
    /// An alert is looked at again, or a host is searched for what to raise.
    Later,
}

/// Room in memory for windows of hosts.
pub(crate) struct Windows {
    all: Arc<Semaphore>,
    later: Arc<Semaphore>,
}

/// Room for one window, given back when dropped.
pub(crate) struct Room {
    _later: Option<OwnedSemaphorePermit>,
    _window: OwnedSemaphorePermit,
}

impl Windows {
    pub(crate) fn new() -> Self {
        Windows { all: Arc::new(Semaphore::new(WINDOWS_AT_ONCE)), later: Arc::new(Semaphore::new(LATER_AT_ONCE)) }
    }

    /// Waits for room.
    pub(crate) async fn room(&self, look: Look) -> Result<Room> {
        let _later = match look {
            Look::First => None,
            Look::Later => Some(self.later.clone().acquire_owned().await.map_err(Error::internal)?),
        };
        Ok(Room { _later, _window: self.all.clone().acquire_owned().await.map_err(Error::internal)? })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Looks again and the search for subjects once held both places, and a new alert waited.
    #[tokio::test]
    async fn a_new_alert_finds_room_whatever_else_is_looked_at() {
        let windows = Windows::new();
        let brief = Duration::from_millis(20);
        let later = windows.room(Look::Later).await.unwrap();
        assert!(tokio::time::timeout(brief, windows.room(Look::Later)).await.is_err(), "one place is kept");
        let first = windows.room(Look::First).await.unwrap();
        assert!(tokio::time::timeout(brief, windows.room(Look::First)).await.is_err(), "two are all there are");
        drop((later, first));
        let _both = (windows.room(Look::First).await.unwrap(), windows.room(Look::First).await.unwrap());
    }
}
