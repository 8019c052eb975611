//! Two clocks on one host. Some collectors write the event log's local time and mark it as UTC, while Sysmon's records carry a UTC time of their
//! own: then what happened in one millisecond stands hours apart. Each Sysmon record with both times tells how far the log's clock is off; where
//! the records of a host and source agree on it, the other records of that source are placed by Sysmon's clock. Originals stay as they are.

use std::collections::BTreeMap;

use hikeshi_domain::phrase::Phrase;
use hikeshi_event::Event;
use jiff::SignedDuration;

use crate::kind::Log;

/// Time zones differ by quarters of an hour.
const QUARTER_S: i64 = 900;
/// Two clocks of one machine agree within this, apart from their zone: a record is written a moment after what it tells of.
const LATE_S: i64 = 60;
/// So many records at least must tell of a clock that is off.
const FEWEST: u64 = 3;
/// Of a hundred records of a host and source so many must agree.
const AGREE_PERCENT: u64 = 90;

/// By how much the event log's clock is ahead of Sysmon's, by source: seconds, `None` where it is no zone, and how many records tell so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clocks(BTreeMap<String, BTreeMap<Option<i64>, u64>>);

impl Clocks {
    /// Counts what one record tells.
    pub fn see(&mut self, event: &Event<'_>) {
        if Log::of(event) != Log::Sysmon {
            return;
        }
        let ahead = event.log_time().map_or(Some(0), |log| {
            let ahead_s = log.as_second() - event.time.as_second();
            let zone_s = (ahead_s + QUARTER_S / 2).div_euclid(QUARTER_S) * QUARTER_S;
            ((ahead_s - zone_s).abs() <= LATE_S).then_some(zone_s)
        });
        match self.0.get_mut(event.source.as_ref()) {
            Some(counts) => *counts.entry(ahead).or_default() += 1,
            None => {
                self.0.insert(event.source.to_string(), BTreeMap::from([(ahead, 1)]));
            }
        }
    }

    /// Adds another count.
    pub fn merge(&mut self, other: &Clocks) {
        for (source, counts) in &other.0 {
            let known = self.0.entry(source.clone()).or_default();
            counts.iter().for_each(|(ahead, count)| *known.entry(*ahead).or_default() += count);
        }
    }

    /// What follows for the records of the host that carry the log's time only.
    pub fn shifts(&self) -> Shifts {
        let mut shifts = Shifts::default();
        for (source, counts) in &self.0 {
            let total: u64 = counts.values().sum();
            let most = counts.iter().filter_map(|(ahead, count)| Some(((*ahead)?, *count))).max_by_key(|(_, count)| *count);
            let off: u64 = counts.iter().filter(|(ahead, _)| **ahead != Some(0)).map(|(_, count)| count).sum();
            match most.filter(|(_, count)| count * 100 >= total * AGREE_PERCENT) {
                Some((ahead_s, count)) if ahead_s != 0 && count >= FEWEST => {
                    shifts.ahead.insert(source.clone(), SignedDuration::from_secs(ahead_s));
                }
                None if off >= FEWEST => shifts.unclear.push(source.clone()),
                _ => {}
            }
        }
        shifts
    }
}

/// How the records of a host are brought to one clock.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shifts {
    /// By how much the log's clock is ahead, by source.
    ahead: BTreeMap<String, SignedDuration>,
    /// Sources whose records do not agree on it.
    unclear: Vec<String>,
}

impl Shifts {
    /// Brings an event to the host's one clock, where the log's is known to be off.
    pub fn apply(&self, event: &mut Event<'_>) {
        if let Some(ahead) = self.ahead(&event.source)
            && !event.time_suspect
            && told_by_log(event)
            && let Ok(time) = event.time.checked_sub(ahead)
        {
            event.time = time;
        }
    }

    /// By how much the log's clock of that source is ahead.
    pub(crate) fn ahead(&self, source: &str) -> Option<SignedDuration> {
        self.ahead.get(source).copied()
    }

    /// What a report says of it, under its limits.
    pub fn limits(&self) -> Vec<Phrase> {
        let shifted = self.ahead.iter().map(|(source, ahead)| {
            let minutes = ahead.as_mins().unsigned_abs();
            let by = format!("{:02}:{:02}", minutes / 60, minutes % 60);
            let key = if ahead.is_negative() { "limits.clock.behind" } else { "limits.clock.ahead" };
            Phrase::new(key).with("source", source.clone()).with("by", by)
        });
        let unclear = self.unclear.iter().map(|source| Phrase::new("limits.clock.unclear").with("source", source.clone()));
        shifted.chain(unclear).collect()
    }
}

/// Brings the events of one host to one clock, in its order.
pub fn one_clock(events: &mut [Event<'_>]) -> Shifts {
    let mut clocks = Clocks::default();
    events.iter().for_each(|event| clocks.see(event));
    let shifts = clocks.shifts();
    if !shifts.ahead.is_empty() {
        events.iter_mut().for_each(|event| shifts.apply(event));
        events.sort_by_key(|event| (event.placed_at(), event.seq));
    }
    shifts
}

/// Whether the event's time is the Windows event log's, as the collector wrote it.
pub(crate) fn told_by_log(event: &Event<'_>) -> bool {
    !matches!(Log::of(event), Log::Sysmon | Log::NetworkSensor) && !event.channel.starts_with("ocsf/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    const NOON: i64 = 1_795_521_600;

    fn event(channel: &'static str, log_s: i64, utc_s: Option<i64>) -> Event<'static> {
        let at = |second| Timestamp::from_second(second).unwrap();
        let log_time = ("TimeCreated".into(), at(log_s).to_string().into());
        Event {
            uid: hikeshi_event::Uid([1; 16]),
            seq: 0,
            org: hikeshi_domain::OrganizationId(uuid::Uuid::nil()),
            host: "PC-1".into(),
            time: at(utc_s.unwrap_or(log_s)),
            received_at: at(NOON + 3600),
            time_suspect: false,
            source: "collector".into(),
            channel: channel.into(),
            provider: "".into(),
            event_id: 1,
            record_id: None,
            class_uid: 0,
            activity_id: 0,
            severity: 0,
            cells: Vec::new(),
            unmapped: if utc_s.is_some_and(|utc_s| utc_s != log_s) { vec![log_time] } else { Vec::new() },
            raw: Vec::new().into(),
        }
    }

    /// Sysmon's records whose log time is ahead by so many seconds, and one of the Security log written at 21:00, which was noon in Japan.
    fn placed(ahead_s: &[i64]) -> (i64, Vec<String>) {
        let sysmon = |ahead_s: &i64| event("Microsoft-Windows-Sysmon/Operational", NOON + ahead_s, Some(NOON));
        let mut events: Vec<Event<'static>> = ahead_s.iter().map(sysmon).collect();
        events.push(event("Security", NOON + 9 * 3600, None));
        let limits = one_clock(&mut events).limits().into_iter().map(|phrase| phrase.key).collect();
        let security = events.iter().find(|event| event.channel == "Security").unwrap();
        (security.time.as_second() - NOON, limits)
    }

    #[test]
    fn the_logs_clock_is_set_by_sysmons_where_its_records_agree() {
        let japan = 9 * 3600;
        assert_eq!(placed(&[japan, japan, japan + 1]), (0, vec!["limits.clock.ahead".to_owned()]));
        assert_eq!(placed(&[japan + 30; 20]), (0, vec!["limits.clock.ahead".to_owned()]), "written half a minute late");
        let mut odd = vec![japan; 19];
        odd.push(53_100);
        assert_eq!(placed(&odd).0, 0, "one stray record in twenty");
    }

    #[test]
    fn a_clock_that_is_right_or_in_doubt_stays() {
        let japan = 9 * 3600;
        assert_eq!(placed(&[0, 0, 0]), (japan, vec![]));
        assert_eq!(placed(&[japan, japan]), (japan, vec![]), "too few to tell");
        assert_eq!(placed(&[japan, japan, japan, 0, 0]), (japan, vec!["limits.clock.unclear".to_owned()]));
        assert_eq!(placed(&[400, 400, 400]), (japan, vec!["limits.clock.unclear".to_owned()]), "no zone");
    }
}
