//! What the console and the jobs ask, answered from the files without a query engine: the catalogue names the segments, their index
//! the rows, and only the pages of those rows are read.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hikeshi_domain::OrganizationId;
use hikeshi_event::Event;
use jiff::Timestamp;

use crate::catalogue::{OrgScope, Prevalence, PrevalenceKind, SegmentKind, SourceRow};
use crate::decode::{EventBatch, decode_matches};
use crate::index::{BLOCK_ROWS, Blocks, HASHES};
use crate::lake::{Inner, Lake};
use crate::matches::MatchRow;
use crate::scan::ReadError;
use crate::view::Segment;

/// Segments of matches that are read at once.
const MATCH_SEGMENTS: usize = 8;

/// Events that show a hash.
#[derive(Debug, Default)]
pub struct HashHits {
    /// By time, earliest first; the newest days are searched first when there are too many.
    pub events: Vec<Event<'static>>,
    /// There are more than were asked for.
    pub more: bool,
}

/// Which matches are asked for.
#[derive(Debug, Clone)]
pub struct MatchQuery {
    /// Whose.
    pub scope: OrgScope,
    /// On one host, by its full name in any case.
    pub host: Option<String>,
    /// Not before.
    pub from: Timestamp,
    /// Before.
    pub to: Timestamp,
    /// At most so many; of the rules that matched most, the latest.
    pub limit: usize,
}

pub(crate) fn overlaps(segment: &Segment, from: Timestamp, to: Timestamp) -> bool {
    segment.row.time_min < to && segment.row.time_max >= from
}

impl Lake {
    /// Events of any host in scope that show a hash (MD5, SHA-1, SHA-256 or import hash, in any case).
    ///
    /// # Errors
    /// When a segment cannot be read.
    pub async fn find_hash(&self, scope: &OrgScope, hash: &str, limit: usize) -> Result<HashHits, ReadError> {
        let hash: Arc<str> = hash.to_ascii_lowercase().into();
        let view = self.inner.views.now();
        let mut chosen: Vec<_> = view
            .segments
            .iter()
            .filter(|segment| scope.sees(segment.row.org) && segment.row.kind == SegmentKind::Events)
            .cloned()
            .collect();
        chosen.sort_by_key(|segment| std::cmp::Reverse(segment.row.time_max));
        let shows =
            |event: &Event<'_>| HASHES.iter().any(|column| event.text(*column).is_some_and(|text| text.eq_ignore_ascii_case(&hash)));
        let tail = view.tail.iter().flat_map(|block| block.events()).filter(|event| scope.sees(event.org) && shows(event));
        let mut events: Vec<Event<'static>> = tail.map(Event::into_owned).collect();
        // A few segments at a time, newest first, until there is enough.
        for some in chosen.chunks(32) {
            if events.len() > limit {
                break;
            }
            let wanted = hash.clone();
            let parts = self.each(some.to_vec(), move |inner, segment| hash_rows(inner, segment, &wanted, limit + 1)).await?;
            events.extend(parts.into_iter().flatten());
        }
        let more = events.len() > limit;
        events.sort_by_key(|event| std::cmp::Reverse((event.placed_at(), event.seq)));
        events.truncate(limit);
        events.reverse();
        Ok(HashHits { events, more })
    }

    /// Matches of rules, by time.
    ///
    /// # Errors
    /// When a segment cannot be read.
    pub async fn matches(&self, query: MatchQuery) -> Result<Vec<MatchRow>, ReadError> {
        let view = self.inner.views.now();
        let query = Arc::new(query);
        let host = query.host.as_ref().map(|host| host.to_lowercase());
        let here = |segment: &&Arc<Segment>| {
            let row = &segment.row;
            let on_host = host.as_ref().is_none_or(|host| row.host_min <= *host && row.host_max >= *host);
            row.kind == SegmentKind::Matches && query.scope.sees(row.org) && on_host && overlaps(segment, query.from, query.to)
        };
        let chosen = view.segments.iter().filter(here).cloned().collect();
        let asked = query.clone();
        let mut rows = self.latest_matches(chosen, move |row| asked.wants(row), query.limit).await?;
        rows.extend(view.tail.iter().flat_map(|block| &block.matches).filter(|row| query.wants(row)).cloned());
        keep_latest(&mut rows, query.limit);
        Ok(rows)
    }

    /// Matches that were committed at or after an instant, at most `limit` (as [`MatchQuery`] says), by time: what whoever acts on matches may
    /// not have been told before a crash. Merged segments are new segments, so earlier matches may be among them.
    ///
    /// # Errors
    /// When a segment cannot be read.
    pub async fn matches_committed_since(&self, since: Timestamp, limit: usize) -> Result<Vec<MatchRow>, ReadError> {
        let view = self.inner.views.now();
        let here = |segment: &&Arc<Segment>| segment.row.kind == SegmentKind::Matches && segment.row.created_at >= since;
        let chosen = view.segments.iter().filter(here).cloned().collect();
        self.latest_matches(chosen, |_| true, limit).await
    }

    /// Committed matches of several events, of all organisations, the last event at or after an instant; at most `limit` (the latest), by
    /// time.
    ///
    /// # Errors
    /// When a segment cannot be read.
    pub async fn joined_matches(&self, from: Timestamp, limit: usize) -> Result<Vec<MatchRow>, ReadError> {
        let view = self.inner.views.now();
        let here = |segment: &&Arc<Segment>| segment.row.kind == SegmentKind::Matches && segment.row.time_max >= from;
        let chosen = view.segments.iter().filter(here).cloned().collect();
        self.latest_matches(chosen, move |row| !row.events.is_empty() && row.placed_at() >= from, limit).await
    }

    /// The wanted matches of some segments, read a few segments at a time: beside those few no more than `limit` are in memory.
    async fn latest_matches(
        &self,
        chosen: Vec<Arc<Segment>>,
        wants: impl Fn(&MatchRow) -> bool + Clone + Send + 'static,
        limit: usize,
    ) -> Result<Vec<MatchRow>, ReadError> {
        let mut rows = Vec::new();
        for some in chosen.chunks(MATCH_SEGMENTS) {
            let wants = wants.clone();
            let parts = self.each(some.to_vec(), move |inner, segment| match_rows(inner, segment, &wants)).await?;
            rows.extend(parts.into_iter().flatten());
            keep_latest(&mut rows, limit);
        }
        Ok(rows)
    }

    /// Since when and on how many hosts each value is known, in the order asked; outlives retention. Values of events that are not
    /// in a segment yet are not counted.
    ///
    /// # Errors
    /// When the catalogue does not answer.
    pub async fn prevalence(&self, org: OrganizationId, values: &[(PrevalenceKind, String)]) -> Result<Vec<Option<Prevalence>>, ReadError> {
        let lower: Vec<_> = values.iter().map(|(kind, value)| (*kind, value.trim_end_matches('.').to_lowercase())).collect();
        Ok(self.inner.catalogue.prevalence(org, &lower).await?)
    }

    /// What each source sent of each host: whoever has fallen silent shows here.
    ///
    /// # Errors
    /// When the catalogue does not answer.
    pub async fn sources(&self, scope: &OrgScope) -> Result<Vec<SourceRow>, ReadError> {
        Ok(self.inner.catalogue.sources(scope).await?)
    }

    /// The same of the hosts of one organisation that can be the one named: those whose names begin with the same label.
    ///
    /// # Errors
    /// When the catalogue does not answer.
    pub async fn sources_of(&self, org: OrganizationId, host: &str) -> Result<Vec<SourceRow>, ReadError> {
        Ok(self.inner.catalogue.sources_of(org, host).await?)
    }

    /// Reads segments on a few of the runtime's blocking threads, in order. More threads than that would read no faster: the system is
    /// told ahead which pages will be wanted.
    pub(crate) async fn each<T: Send + 'static>(
        &self,
        segments: Vec<Arc<Segment>>,
        read: impl Fn(&Inner, &Segment) -> Result<T, ReadError> + Clone + Send + 'static,
    ) -> Result<Vec<T>, ReadError> {
        let (segments, next) = (Arc::new(segments), Arc::new(AtomicUsize::new(0)));
        let lane = || {
            let (inner, read, segments, next) = (self.inner.clone(), read.clone(), segments.clone(), next.clone());
            tokio::task::spawn_blocking(move || {
                let _reading = Reading::begun(&inner);
                let places = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
                let mine = places.map_while(|place| Some((place, segments.get(place)?)));
                mine.map(|(place, segment)| Ok((place, read(&inner, segment)?))).collect::<Result<Vec<_>, ReadError>>()
            })
        };
        let lanes: Vec<_> = (0..segments.len().min(2 * self.inner.config.workers)).map(|_| lane()).collect();
        let mut parts = Vec::with_capacity(segments.len());
        for lane in lanes {
            parts.extend(lane.await.map_err(std::io::Error::other)??);
        }
        parts.sort_unstable_by_key(|(place, _)| *place);
        Ok(parts.into_iter().map(|(_, part)| part).collect())
    }
}

/// Somebody reads segments: merges step aside.
struct Reading<'a>(&'a Inner);

impl<'a> Reading<'a> {
    fn begun(inner: &'a Inner) -> Self {
        inner.readers.fetch_add(1, Ordering::Relaxed);
        Reading(inner)
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.0.readers.fetch_sub(1, Ordering::Relaxed);
    }
}

impl MatchQuery {
    fn wants(&self, row: &MatchRow) -> bool {
        let on_host = self.host.as_ref().is_none_or(|host| host.to_lowercase() == row.host.to_lowercase());
        self.scope.sees(row.org) && on_host && (self.from..self.to).contains(&row.placed_at())
    }
}

pub(crate) fn columns_missing(segment: &Segment) -> ReadError {
    ReadError::Columns(segment.row.id.to_string())
}

fn hash_rows(inner: &Inner, segment: &Segment, hash: &str, limit: usize) -> Result<Vec<Event<'static>>, ReadError> {
    let values = inner.shelf.values(segment)?;
    let rows = usize::try_from(segment.row.rows).unwrap_or(0);
    let ranges = match values.blocks(hash) {
        Blocks::None => return Ok(Vec::new()),
        Blocks::Many => vec![0..rows],
        Blocks::Listed(blocks) => blocks.iter().map(|block| block_range(*block, rows)).collect(),
    };
    let Some(batches) = inner.shelf.reader(segment)?.read_where_equal(&ranges, &HASHES, hash, limit)? else { return Ok(Vec::new()) };
    let mut events = Vec::new();
    for batch in batches {
        let batch = batch?;
        let found = EventBatch::new(segment.row.org, &batch).ok_or_else(|| columns_missing(segment))?;
        events.extend(found.iter().map(Event::into_owned));
    }
    Ok(events)
}

fn block_range(block: u16, rows: usize) -> std::ops::Range<usize> {
    let first = usize::from(block) * BLOCK_ROWS;
    first.min(rows)..(first + BLOCK_ROWS).min(rows)
}

fn match_rows(inner: &Inner, segment: &Segment, wants: &impl Fn(&MatchRow) -> bool) -> Result<Vec<MatchRow>, ReadError> {
    let reader = inner.shelf.reader(segment)?;
    let mut rows = Vec::new();
    for batch in reader.read(&[0..reader.rows()])? {
        let batch = batch?;
        let found = decode_matches(segment.row.org, &batch).ok_or_else(|| columns_missing(segment))?;
        rows.extend(found.into_iter().filter(wants));
    }
    Ok(rows)
}

/// At most so many, by time: where there are more, the rules that matched most keep their latest only. What matched seldom stays, however
/// long ago it was: a rule that matches all day must not push out the one that matched once.
fn keep_latest(rows: &mut Vec<MatchRow>, limit: usize) {
    rows.sort_by(|a, b| (a.time, a.uid, &a.rule.rule_id).cmp(&(b.time, b.uid, &b.rule.rule_id)));
    if rows.len() <= limit {
        return;
    }
    let mut room: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows.iter() {
        match room.get_mut(&row.rule.rule_id) {
            Some(count) => *count += 1,
            None => drop(room.insert(row.rule.rule_id.clone(), 1)),
        }
    }
    let (each, mut over) = shares(room.values().copied().collect(), limit);
    for room in room.values_mut().filter(|room| **room > each) {
        *room = each + usize::from(over > 0);
        over = over.saturating_sub(1);
    }
    let mut kept = Vec::with_capacity(limit);
    while let Some(row) = rows.pop() {
        if let Some(room) = room.get_mut(&row.rule.rule_id).filter(|room| **room > 0) {
            *room -= 1;
            kept.push(row);
        }
    }
    kept.reverse();
    *rows = kept;
}

/// How many of each may stay so that no more than `limit` do, and how many of those that have more may keep one beyond it.
fn shares(mut counts: Vec<usize>, limit: usize) -> (usize, usize) {
    counts.sort_unstable();
    let (mut left, mut rules) = (limit, counts.len());
    for count in counts {
        let each = left / rules.max(1);
        if count > each {
            return (each, left % rules);
        }
        left -= count;
        rules -= 1;
    }
    (usize::MAX, 0)
}

#[cfg(test)]
mod tests {
    use hikeshi_event::Uid;
    use jiff::SignedDuration;

    use super::*;
    use crate::matches::MatchedRule;

    fn row(rule: &str, second: i64) -> MatchRow {
        let at = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second);
        MatchRow {
            uid: Uid([0; 16]),
            org: OrganizationId(uuid::Uuid::nil()),
            host: "PC-1".to_owned(),
            time: at,
            received_at: at,
            time_suspect: false,
            channel: "Security".to_owned(),
            event_id: 1,
            record_id: None,
            rule: MatchedRule { rule_id: rule.to_owned(), ..MatchedRule::default() },
            process_guid: None,
            process_pid: None,
            process_image: None,
            user: None,
            events: Vec::new(),
        }
    }

    fn kept(rows: &[MatchRow]) -> Vec<(&str, i64)> {
        rows.iter().map(|row| (row.rule.rule_id.as_str(), row.time.as_second())).collect()
    }

    /// A list that named a busy host's address pushed a strong match of day 2 out of the verdict.
    #[test]
    fn a_rule_that_matches_all_day_does_not_push_out_one_that_matched_once() {
        let mut rows: Vec<_> = (0..100).map(|second| row("busy", second)).chain([row("seldom", 2), row("seldom", 50)]).collect();
        keep_latest(&mut rows, 10);
        assert_eq!(
            kept(&rows),
            [("seldom", 2), ("seldom", 50)].into_iter().chain((92..100).map(|second| ("busy", second))).collect::<Vec<_>>()
        );
    }

    #[test]
    fn what_has_room_stays_whole_and_those_that_have_most_share_the_rest() {
        let mut rows: Vec<_> = (0..5).flat_map(|second| [row("a", second), row("b", second)]).chain([row("c", 0)]).collect();
        keep_latest(&mut rows, 11);
        assert_eq!(rows.len(), 11);
        for (limit, counts) in [(8, [4, 3, 1]), (7, [3, 3, 1]), (3, [1, 1, 1]), (2, [1, 1, 0]), (0, [0, 0, 0])] {
            let mut rows = rows.clone();
            keep_latest(&mut rows, limit);
            let mut of_each = ["a", "b", "c"].map(|rule| rows.iter().filter(|row| row.rule.rule_id == rule).count());
            of_each.sort_unstable_by_key(|count| std::cmp::Reverse(*count));
            assert_eq!(of_each, counts, "{limit}");
            assert!(rows.is_sorted_by_key(|row| row.time));
        }
    }

    /// Files are read a few at a time: what is let go of early is what would go at the end, but for which of the largest keeps one more.
    #[test]
    fn cutting_part_by_part_leaves_as_many_and_nearly_the_same() {
        let all: Vec<_> = (0..300).map(|number| row(["a", "b", "b", "c", "b"][number % 5], number as i64 * 7 % 300)).collect();
        let mut whole = all.clone();
        keep_latest(&mut whole, 50);
        let mut parts = Vec::new();
        for part in all.chunks(40) {
            parts.extend_from_slice(part);
            keep_latest(&mut parts, 50);
        }
        let latest = |rows: &[MatchRow]| -> Vec<_> { rows.iter().map(|row| (row.rule.rule_id.clone(), row.time)).collect() };
        let same = latest(&whole).iter().filter(|row| latest(&parts).contains(row)).count();
        assert!(parts.len() == 50 && same >= 48, "{same}");
    }
}
