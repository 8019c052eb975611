//! What triage looks up in the lists' files, held in memory by the files' hashes: a list of a million hashes is not read again for each
//! verdict. Held is what the lists name that stand, and nothing else.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use hikeshi_domain::OrganizationId;
use hikeshi_domain::phrase::Phrase;
use hikeshi_domain::reference_list::ReferenceList;
use hikeshi_record::{Context, Stored};
use hikeshi_triage::lists::{Indicators, ListLimits, ReadList, read};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::past::{Prepared, Version};
use super::standing;
use crate::complaint::Complaint;
use crate::desk::Desk;
use crate::error::{Error, ErrorKind, Result};
use crate::objects;

/// How often is looked whether all that lists name is held, and nothing else.
const LOOK_EVERY: Duration = Duration::from_secs(3_600);
/// Defects of a file that its uploader is told.
const TOLD_DEFECTS: usize = 100;
/// Most bytes of a file unpacked: it lies in memory beside what is made of it.
const LARGEST_UNPACKED: usize = 96 << 20;
/// How long a sender waits until the files before are read: longer than sending one may take.
const LONGEST_WAIT: Duration = Duration::from_secs(180);
/// How soon whoever waited in vain may come again.
const SOON: Duration = Duration::from_secs(10);

/// What was made of files, by their hash.
#[derive(Debug, Default)]
pub struct ListCache {
    made: RwLock<HashMap<String, Held>>,
    /// Held while a file is read, which may take hundreds of megabytes for a moment, and while the lists change.
    changing: Arc<Mutex<()>>,
    /// Held while a file is on its way from its sender to a list.
    uploading: Arc<Mutex<()>>,
    /// Each organisation, and the installation, waits with one file at a time: none keeps the others waiting with the next and the next.
    senders: Senders,
    /// What the search of the past asks, of the list that is being searched for.
    searched: RwLock<Option<Arc<Prepared>>>,
}

/// Leave to take a file off the wire: one at a time lies in memory. It is given back when the file is read, also where its sender has
/// gone away by then.
#[derive(Debug)]
pub struct Turn {
    _uploading: OwnedMutexGuard<()>,
    _own: OwnedMutexGuard<()>,
}

/// For each owner of lists, what is held while one of its files is on its way or waits for its turn.
type Senders = std::sync::Mutex<HashMap<Option<OrganizationId>, Arc<Mutex<()>>>>;

/// What was made of one file.
#[derive(Debug)]
struct Held {
    indicators: Arc<Indicators>,
    entries: u64,
}

impl ListCache {
    /// Lets one at a time read a file or change the lists.
    pub(super) async fn alone(&self) -> OwnedMutexGuard<()> {
        self.changing.clone().lock_owned().await
    }

    /// Waits for leave to take a file off the wire.
    pub(super) async fn turn(&self, owner: Option<OrganizationId>) -> Result<Turn> {
        let own = self.senders.lock().unwrap_or_else(PoisonError::into_inner).entry(owner).or_default().clone();
        let both = async {
            let own = own.lock_owned().await;
            Turn { _uploading: self.uploading.clone().lock_owned().await, _own: own }
        };
        let turn = tokio::time::timeout(LONGEST_WAIT, both).await;
        turn.map_err(|_| Error::new(ErrorKind::Busy { retry_after: SOON }, Phrase::new("error.lists_busy")))
    }

    /// Entries in memory.
    pub(crate) fn entries(&self) -> u64 {
        self.made.read().unwrap_or_else(PoisonError::into_inner).values().map(|held| held.entries).sum()
    }

    pub(super) fn keep(&self, sha256: &str, made: Indicators, entries: u64) -> Arc<Indicators> {
        let indicators = Arc::new(made);
        let held = Held { indicators: Arc::clone(&indicators), entries };
        self.made.write().unwrap_or_else(PoisonError::into_inner).insert(sha256.to_owned(), held);
        indicators
    }

    /// Forgets what none of these lists names.
    pub(super) fn keep_only(&self, lists: &[Stored<ReferenceList>]) {
        let named: HashSet<&str> = lists.iter().map(|list| list.entries.sha256.as_str()).collect();
        self.made.write().unwrap_or_else(PoisonError::into_inner).retain(|sha256, _| named.contains(sha256.as_str()));
    }

    /// What the search for the list asks, if it is made ready.
    pub(super) fn prepared(&self, version: Version) -> Option<Arc<Prepared>> {
        let searched = self.searched.read().unwrap_or_else(PoisonError::into_inner);
        searched.as_ref().filter(|prepared| prepared.is_of(version)).cloned()
    }

    pub(super) fn keep_prepared(&self, prepared: Arc<Prepared>) {
        *self.searched.write().unwrap_or_else(PoisonError::into_inner) = Some(prepared);
    }

    /// A search is over: nothing more is asked of the list.
    pub(super) fn forget_prepared(&self, version: Version) {
        self.searched.write().unwrap_or_else(PoisonError::into_inner).take_if(|prepared| prepared.is_of(version));
    }

    fn known(&self, sha256: &str) -> Option<Arc<Indicators>> {
        let made = self.made.read().unwrap_or_else(PoisonError::into_inner);
        made.get(sha256).map(|held| Arc::clone(&held.indicators))
    }
}

/// Reads a file. What is held meanwhile stays held until it is read, even if nobody waits for it any more.
pub(super) async fn understood<Held: Send + 'static>(bytes: Bytes, held: Held) -> Result<(ReadList, Held)> {
    let limits = ListLimits { bytes: LARGEST_UNPACKED, listed_defects: TOLD_DEFECTS, ..ListLimits::default() };
    tokio::task::spawn_blocking(move || (read(&bytes, &limits), held)).await.map_err(Error::internal)
}

/// What a list's file says: held, or read now.
pub(super) async fn indicators(desk: &Desk, list: &ReferenceList) -> Result<Arc<Indicators>> {
    let sha256 = &list.entries.sha256;
    if let Some(made) = desk.lists.known(sha256) {
        return Ok(made);
    }
    let alone = desk.lists.alone().await;
    if let Some(made) = desk.lists.known(sha256) {
        return Ok(made);
    }
    let bytes = objects::get(desk, &list.entries).await?;
    let (read, _alone) = understood(bytes, alone).await?;
    let entries = u64::try_from(read.count()).unwrap_or(u64::MAX);
    // Whoever asks may have read the list before it was taken away or replaced: it is asked this once more, and not held.
    let now = desk.store.get::<ReferenceList>(&Context::system("reference lists"), list.id.0).await?;
    if now.removed.is_some() || now.entries.sha256 != *sha256 {
        return Ok(Arc::new(read.indicators));
    }
    Ok(desk.lists.keep(sha256, read.indicators, entries))
}

/// Keeps what verdicts ask ready: from the start on, so that the first verdict does not read files.
pub(crate) async fn keep(desk: Desk) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    let mut complaint = Complaint::about("making reference lists ready");
    loop {
        looks.tick().await;
        complaint.hear(&desk, &keep_ready(&desk).await);
    }
}

/// All lists that stand; what none of them names is no longer held.
pub(super) async fn kept(desk: &Desk) -> Result<Vec<Stored<ReferenceList>>> {
    let _alone = desk.lists.alone().await;
    let all = standing(desk, &Context::system("reference lists")).await?;
    desk.lists.keep_only(&all);
    Ok(all)
}

/// Reads the files of all lists, and forgets those that no list names.
async fn keep_ready(desk: &Desk) -> Result<()> {
    for list in &kept(desk).await? {
        if let Err(error) = indicators(desk, list).await {
            tracing::error!(list = %list.id, %error, "a reference list cannot be read; verdicts go without it");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One sender on a slow line, again and again, had everybody else refused.
    #[tokio::test]
    async fn the_next_file_of_a_sender_waits_behind_those_of_others() {
        let cache = Arc::new(ListCache::default());
        let org = |number| Some(OrganizationId(uuid::Uuid::from_u128(number)));
        let (told, mut turns) = tokio::sync::mpsc::unbounded_channel();
        let first = cache.turn(org(1)).await.unwrap();
        for owner in [org(1), org(1), org(2), None] {
            let (cache, told) = (cache.clone(), told.clone());
            tokio::spawn(async move {
                let _turn = cache.turn(owner).await.unwrap();
                told.send(owner).unwrap();
            });
            tokio::task::yield_now().await;
        }
        drop((first, told));
        let mut order = Vec::new();
        while let Some(owner) = turns.recv().await {
            order.push(owner);
        }
        assert_eq!(order, [org(2), None, org(1), org(1)]);
    }
}
