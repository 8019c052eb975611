//! Forgetting: whole days of one organisation, catalogue first, files last, beside merges that take the same segments away.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use hikeshi_domain::OrganizationId;
use jiff::civil::Date;
use uuid::Uuid;

use crate::catalogue::{CatalogueError, Commit};
use crate::lake::Lake;
use crate::view::Segment;

/// How often the days are looked at again when a merge changed them meanwhile.
const MOST_TRIES: u32 = 5;
/// How long is waited for a merge that the catalogue knows of to be seen here.
const PATIENCE: Duration = Duration::from_millis(10);

impl Lake {
    /// Forgets the events and matches of an organisation before a day; prevalence stays. Returns how many segments went.
    /// Catalogue first, files last, and those only when nobody reads them any more.
    ///
    /// # Errors
    /// When the catalogue refuses; what is left goes the next time.
    pub async fn expire(&self, org: OrganizationId, before: Date) -> Result<usize, CatalogueError> {
        let (mut went, mut tries) = (0, 0);
        loop {
            let view = self.inner.views.now();
            let past = |segment: &&Arc<Segment>| segment.row.org == org && segment.row.day < before;
            let old: Vec<_> = view.segments.iter().filter(past).cloned().collect();
            if old.is_empty() {
                return Ok(went);
            }
            let remove = old.iter().map(|segment| segment.row.id).collect();
            let Err(error) = self.inner.catalogue.commit(Commit { remove, ..Commit::default() }).await else {
                return Ok(went + self.lose_sight_of(old));
            };
            tries += 1;
            let Ok(rows) = self.inner.catalogue.segments().await else { return Err(error) };
            let named: HashSet<Uuid> = rows.into_iter().map(|row| row.id).collect();
            let gone: Vec<_> = old.into_iter().filter(|segment| !named.contains(&segment.row.id)).collect();
            if gone.is_empty() || tries > MOST_TRIES {
                return Err(error);
            }
            // Either the commit was made and its answer lost, or a merge has put them into a larger one: that goes instead.
            went += self.lose_sight_of(gone);
            tokio::time::sleep(PATIENCE).await;
        }
    }

    /// Takes segments that the catalogue does not name out of the view, and their files away.
    fn lose_sight_of(&self, segments: Vec<Arc<Segment>>) -> usize {
        let count = segments.len();
        let gone: HashSet<Uuid> = segments.iter().map(|segment| segment.row.id).collect();
        self.inner.views.change(|view| view.segments_mut().retain(|segment| !gone.contains(&segment.row.id)));
        self.inner.let_go(segments);
        count
    }
}
