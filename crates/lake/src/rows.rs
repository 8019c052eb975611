//! Events in memory between the readers and a segment: one growing buffer for many events, so that holding a hundred thousand of
//! them costs few allocations. What most of them share, such as the host or the channel, is held once.

use std::borrow::Cow;

use hikeshi_domain::OrganizationId;
use hikeshi_event::{Cell, CellKind, Column, Event, Uid};
use indexmap::IndexSet;
use jiff::Timestamp;

use crate::repeats::host_key;

/// The numbers of one event, and where its texts lie.
#[derive(Debug, Clone)]
struct Head {
    uid: Uid,
    seq: u64,
    org: OrganizationId,
    host_key: u64,
    time_us: i64,
    received_us: i64,
    time_suspect: bool,
    event_id: u32,
    record_id: Option<u64>,
    class_uid: u32,
    activity_id: u8,
    severity: u8,
    /// Host, source, channel and provider: numbers of [`Names`].
    names: [u32; 4],
    begin: usize,
    /// The original lies before here, the cells behind.
    raw_end: usize,
    end: usize,
}

/// What a name takes beside its text.
const ENTRY_BYTES: usize = 48;

/// Texts that many events share.
#[derive(Debug, Clone, Default)]
struct Names {
    texts: IndexSet<Box<str>>,
    /// Those of the event before, which the next mostly shares.
    last: [u32; 4],
    size_bytes: usize,
}

impl Names {
    /// The numbers of an event's texts, in the order of [`Head::names`].
    fn numbers(&mut self, texts: [&str; 4]) -> [u32; 4] {
        for (last, text) in self.last.iter_mut().zip(texts) {
            if self.texts.get_index(*last as usize).is_none_or(|known| known.as_ref() != text) {
                let number = self.texts.get_index_of(text).unwrap_or_else(|| {
                    self.size_bytes += text.len() + ENTRY_BYTES;
                    self.texts.insert_full(text.into()).0
                });
                *last = u32::try_from(number).unwrap_or(u32::MAX);
            }
        }
        self.last
    }

    fn get(&self, number: u32) -> Option<&str> {
        self.texts.get_index(number as usize).map(AsRef::as_ref)
    }
}

// The set of filled columns is kept in 128 bits.
const _: () = assert!(Column::ALL.len() <= 128);

/// Many events, each as compact bytes: the original first, then its cells. A text that stands in the original as it is, is not held again.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rows {
    heads: Vec<Head>,
    bytes: Vec<u8>,
    names: Names,
    columns: u128,
}

impl Rows {
    /// For the events of so many bytes of text: the original, and what its cells take beside it.
    pub(crate) fn for_text(bytes: usize) -> Self {
        Rows { bytes: Vec::with_capacity(bytes.saturating_add(bytes / 2)), ..Rows::default() }
    }

    /// Keeps a copy of the event.
    pub(crate) fn push(&mut self, event: &Event<'_>) {
        let begin = self.bytes.len();
        self.bytes.extend_from_slice(&event.raw);
        let raw_end = self.bytes.len();
        put_number(&mut self.bytes, event.cells.len());
        for (column, cell) in &event.cells {
            self.columns |= 1 << (*column as u8);
            self.bytes.push(*column as u8);
            match cell {
                Cell::Integer(number) => self.bytes.extend_from_slice(&number.to_le_bytes()),
                Cell::Text(text) => put_text(&mut self.bytes, &event.raw, text),
            }
        }
        put_number(&mut self.bytes, event.unmapped.len());
        for (name, text) in &event.unmapped {
            put_text(&mut self.bytes, &event.raw, name);
            put_text(&mut self.bytes, &event.raw, text);
        }
        self.heads.push(Head {
            uid: event.uid,
            seq: event.seq,
            org: event.org,
            host_key: host_key(&event.host),
            time_us: event.time.as_microsecond(),
            received_us: event.received_at.as_microsecond(),
            time_suspect: event.time_suspect,
            event_id: event.event_id,
            record_id: event.record_id,
            class_uid: event.class_uid,
            activity_id: event.activity_id,
            severity: event.severity,
            names: self.names.numbers([&event.host, &event.source, &event.channel, &event.provider]),
            begin,
            raw_end,
            end: self.bytes.len(),
        });
    }

    /// Gives back the memory that no event took: what is held waits for a segment.
    pub(crate) fn give_back(&mut self) {
        self.bytes.shrink_to_fit();
        self.heads.shrink_to_fit();
    }

    /// How many events are held.
    pub(crate) fn len(&self) -> usize {
        self.heads.len()
    }

    /// Memory in use.
    pub(crate) fn size_bytes(&self) -> usize {
        self.bytes.len() + self.names.size_bytes + self.heads.len() * size_of::<Head>()
    }

    /// Whether any event fills the column.
    pub(crate) fn has(&self, column: Column) -> bool {
        self.columns & (1 << (column as u8)) != 0
    }

    /// The event at a place, borrowing its texts from here.
    pub(crate) fn get(&self, index: usize) -> Option<Event<'_>> {
        let head = self.heads.get(index)?;
        let raw = self.bytes.get(head.begin..head.raw_end)?;
        let mut rest = self.bytes.get(head.raw_end..head.end)?;
        let [host, source, channel, provider] = head.names.map(|number| self.names.get(number).map(Cow::Borrowed));
        let count = take_number(&mut rest)?;
        let mut cells = Vec::with_capacity(count);
        for _ in 0..count {
            cells.push(take_cell(&mut rest, raw)?);
        }
        let count = take_number(&mut rest)?;
        let mut unmapped = Vec::with_capacity(count);
        for _ in 0..count {
            unmapped.push((take_text(&mut rest, raw)?, take_text(&mut rest, raw)?));
        }
        Some(Event {
            uid: head.uid,
            seq: head.seq,
            org: head.org,
            host: host?,
            time: Timestamp::from_microsecond(head.time_us).ok()?,
            received_at: Timestamp::from_microsecond(head.received_us).ok()?,
            time_suspect: head.time_suspect,
            source: source?,
            channel: channel?,
            provider: provider?,
            event_id: head.event_id,
            record_id: head.record_id,
            class_uid: head.class_uid,
            activity_id: head.activity_id,
            severity: head.severity,
            cells,
            unmapped,
            raw: Cow::Borrowed(raw),
        })
    }

    /// Whether the event at a place may be of the host with that [`host_key`]: nothing but numbers is read.
    pub(crate) fn may_be_of(&self, index: usize, org: OrganizationId, host_key: u64) -> bool {
        self.heads.get(index).is_some_and(|head| head.host_key == host_key && head.org == org)
    }

    /// Organisation, host and times of the event at a place; its own texts are not touched.
    pub(crate) fn place(&self, index: usize) -> Option<Place<'_>> {
        let head = self.heads.get(index)?;
        let [host_number, ..] = head.names;
        Some(Place {
            org: head.org,
            host: self.names.get(host_number)?,
            host_number,
            host_key: head.host_key,
            time_us: head.time_us,
            received_us: head.received_us,
            suspect: head.time_suspect,
            seq: head.seq,
            uid: head.uid,
        })
    }
}

/// Where an event belongs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) org: OrganizationId,
    pub(crate) host: &'a str,
    /// Stands for `host` among these rows.
    pub(crate) host_number: u32,
    /// See [`host_key`].
    pub(crate) host_key: u64,
    pub(crate) time_us: i64,
    pub(crate) received_us: i64,
    pub(crate) suspect: bool,
    pub(crate) seq: u64,
    pub(crate) uid: Uid,
}

/// Seven bits a byte, the lowest first; the last byte is below 128.
fn put_number(bytes: &mut Vec<u8>, mut number: usize) {
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Twice its length and its bytes, or, of a text that lies within `raw`, one more and where.
fn put_text(bytes: &mut Vec<u8>, raw: &[u8], text: &str) {
    match place_within(raw, text) {
        Some(place) => {
            put_number(bytes, text.len() << 1 | 1);
            put_number(bytes, place);
        }
        None => {
            put_number(bytes, text.len() << 1);
            bytes.extend_from_slice(text.as_bytes());
        }
    }
}

/// Where a text lies that was borrowed from `raw`.
fn place_within(raw: &[u8], text: &str) -> Option<usize> {
    let place = text.as_ptr().addr().checked_sub(raw.as_ptr().addr())?;
    (place.checked_add(text.len())? <= raw.len()).then_some(place)
}

#[inline]
fn take_number(rest: &mut &[u8]) -> Option<usize> {
    match rest.split_first()? {
        (byte, after) if *byte < 0x80 => {
            *rest = after;
            Some(usize::from(*byte))
        }
        _ => take_long_number(rest),
    }
}

fn take_long_number(rest: &mut &[u8]) -> Option<usize> {
    let mut number = 0_usize;
    for shift in (0..usize::BITS).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        number |= usize::from(byte & 0x7f).checked_shl(shift)?;
        if *byte < 0x80 {
            return Some(number);
        }
    }
    None
}

fn take_text<'a>(rest: &mut &'a [u8], raw: &'a [u8]) -> Option<Cow<'a, str>> {
    let number = take_number(rest)?;
    let length = number >> 1;
    let text = if number & 1 == 1 {
        let place = take_number(rest)?;
        raw.get(place..place.checked_add(length)?)?
    } else {
        let (text, after) = rest.split_at_checked(length)?;
        *rest = after;
        text
    };
    std::str::from_utf8(text).ok().map(Cow::Borrowed)
}

fn take_cell<'a>(rest: &mut &'a [u8], raw: &'a [u8]) -> Option<(Column, Cell<'a>)> {
    let (code, after) = rest.split_first()?;
    *rest = after;
    let column = *Column::ALL.get(usize::from(*code))?;
    let cell = match column.kind() {
        CellKind::Integer => {
            let (number, after) = rest.split_first_chunk::<8>()?;
            *rest = after;
            Cell::Integer(i64::from_le_bytes(*number))
        }
        CellKind::Text => Cell::Text(take_text(rest, raw)?),
    };
    Some((column, cell))
}

#[cfg(test)]
pub(crate) mod tests {
    use uuid::Uuid;

    use super::*;

    pub(crate) fn sample(number: u64, host: &str) -> Event<'static> {
        let raw = format!("{{\"EventRecordID\":{number},\"Computer\":\"{host}\"}}");
        Event {
            uid: Uid(u128::from(number).to_be_bytes()),
            seq: number,
            org: OrganizationId(Uuid::from_u128(1)),
            host: host.to_owned().into(),
            time: Timestamp::from_microsecond(1_700_000_000_000_000 + number as i64).unwrap(),
            received_at: Timestamp::from_microsecond(1_700_000_001_000_000).unwrap(),
            time_suspect: false,
            source: "test".into(),
            channel: "Security".into(),
            provider: "".into(),
            event_id: 4688,
            record_id: number.is_multiple_of(2).then_some(number),
            class_uid: 1007,
            activity_id: 1,
            severity: 1,
            cells: vec![
                (Column::ProcessPid, Cell::Integer(number as i64)),
                (Column::ProcessImage, Cell::Text(r"C:\Windows\漏洩.exe".into())),
                (Column::ProcessSha256, Cell::Text(format!("{:064x}", number / 10).into())),
            ],
            unmapped: vec![("Extra".into(), "x".into()), ("Nothing".into(), "".into())],
            raw: raw.into_bytes().into(),
        }
    }

    #[test]
    fn events_come_back_as_they_went_in() {
        let mut rows = Rows::default();
        let hosts = ["Host-A", "host-a", "HOST-B", "Security", ""];
        let events: Vec<_> = (0..50).map(|number| sample(number, hosts[number as usize * 7 % 5])).collect();
        events.iter().for_each(|event| rows.push(event));
        let read: Vec<_> = (0..rows.len()).filter_map(|row| rows.get(row)).collect();
        assert_eq!(read, events);
        assert_eq!(rows.place(7).map(|place| place.host), Some(events[7].host.as_ref()));
        assert!(rows.has(Column::ProcessPid) && !rows.has(Column::DnsQuery));
    }

    /// Most values of a log in JSON stand in its line as they are.
    #[test]
    fn a_text_of_the_original_is_held_once() {
        let line = format!("{{\"CommandLine\":\"{}\",\"Empty\":\"\"}}", "漏洩 ".repeat(200));
        let text = line.split('"').nth(3).unwrap();
        let with = |cell: Cow<'static, str>, raw: &[u8]| {
            let cells = vec![(Column::ProcessCommandLine, Cell::Text(cell))];
            Event { cells, raw: raw.to_vec().into(), ..sample(1, "pc") }
        };
        let owned = with(text.to_owned().into(), line.as_bytes());
        let cells = vec![(Column::ProcessCommandLine, Cell::Text(text.into()))];
        let unmapped = vec![(line[line.len() - 10..line.len() - 5].into(), line[line.len() - 2..line.len() - 2].into())];
        let borrowed = Event { cells, unmapped, raw: line.as_bytes().into(), ..sample(1, "pc") };
        let (mut twice, mut once) = (Rows::default(), Rows::default());
        twice.push(&owned);
        once.push(&borrowed);
        assert_eq!((twice.get(0), once.get(0)), (Some(owned), Some(borrowed)));
        assert!(once.bytes.len() < line.len() + 20 && twice.bytes.len() > 2 * text.len());
    }
}
