//! Long downloads: how many go out side by side, and how long one waits for a reader that takes nothing. Each holds a thread for work that
//! blocks, and triage, intake and passwords need those too.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hikeshi_domain::PersonId;
use hikeshi_domain::phrase::Phrase;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::error::{Error, ErrorKind, Result};

/// Downloads side by side.
const AT_ONCE: usize = 8;
/// Of one person.
const OF_ONE: usize = 2;
/// How long a piece waits for a reader.
const PATIENCE: Duration = Duration::from_secs(30);
/// How soon whoever is sent away may come again.
const SOON: Duration = Duration::from_secs(10);

/// Room for downloads.
#[derive(Debug)]
pub struct Downloads {
    all: Arc<Semaphore>,
    people: Arc<Mutex<HashMap<Option<PersonId>, usize>>>,
}

/// Room for one download, given back when dropped.
#[derive(Debug)]
pub(crate) struct Room {
    person: Option<PersonId>,
    people: Arc<Mutex<HashMap<Option<PersonId>, usize>>>,
    _all: OwnedSemaphorePermit,
}

impl Default for Downloads {
    fn default() -> Self {
        Downloads { all: Arc::new(Semaphore::new(AT_ONCE)), people: Arc::default() }
    }
}

impl Downloads {
    /// Room for a download of somebody.
    ///
    /// # Errors
    /// `Busy` where that person, or everybody together, has enough.
    pub(crate) fn room(&self, person: Option<PersonId>) -> Result<Room> {
        let busy = || Error::new(ErrorKind::Busy { retry_after: SOON }, Phrase::new("error.downloads_busy"));
        let all = self.all.clone().try_acquire_owned().map_err(|_| busy())?;
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        let own = people.entry(person).or_default();
        if *own >= OF_ONE {
            return Err(busy());
        }
        *own += 1;
        Ok(Room { person, people: self.people.clone(), _all: all })
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        match people.get_mut(&self.person) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(people.remove(&self.person)),
        }
    }
}

/// Bytes on their way to a reader, written on a thread for work that blocks. A reader that went away, or takes nothing for long, ends the
/// writing.
pub(crate) struct Pieces {
    sender: mpsc::Sender<io::Result<Bytes>>,
    runtime: Handle,
    patience: Duration,
}

impl Pieces {
    /// To be made on a thread of the runtime.
    pub(crate) fn new(sender: mpsc::Sender<io::Result<Bytes>>) -> Self {
        Pieces { sender, runtime: Handle::current(), patience: PATIENCE }
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = Ok(Bytes::copy_from_slice(bytes));
        let sent = self.runtime.block_on(async { self.sender.send_timeout(piece, self.patience).await });
        match sent {
            Ok(()) => Ok(bytes.len()),
            Err(mpsc::error::SendTimeoutError::Timeout(_)) => Err(io::ErrorKind::TimedOut.into()),
            Err(mpsc::error::SendTimeoutError::Closed(_)) => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader that opened a list and took nothing held a thread for ever.
    #[tokio::test]
    async fn who_takes_nothing_is_not_waited_for() {
        let (sender, mut unread) = mpsc::channel(1);
        let write = move || {
            let mut pieces = Pieces { patience: Duration::from_millis(20), ..Pieces::new(sender) };
            [pieces.write(b"one").map_err(|error| error.kind()), pieces.write(b"two").map_err(|error| error.kind())]
        };
        assert_eq!(tokio::task::spawn_blocking(write).await.unwrap(), [Ok(3), Err(io::ErrorKind::TimedOut)]);
        assert_eq!(unread.recv().await.unwrap().unwrap(), "one");
        assert!(unread.recv().await.is_none());
    }

    #[test]
    fn one_person_does_not_take_all_room_and_it_is_given_back() {
        let downloads = Downloads::default();
        let person = |number| Some(PersonId(uuid::Uuid::from_u128(number)));
        let held: Vec<_> = (0..OF_ONE).map(|_| downloads.room(person(1)).unwrap()).collect();
        assert!(matches!(downloads.room(person(1)).unwrap_err().kind(), ErrorKind::Busy { .. }));
        let others: Vec<_> = (2..).map_while(|number| downloads.room(person(number)).ok()).collect();
        assert_eq!(others.len(), AT_ONCE - OF_ONE, "whoever was sent away took no room");
        drop((held, others));
        downloads.room(person(1)).unwrap();
        assert!(downloads.people.lock().unwrap().is_empty());
    }
}
