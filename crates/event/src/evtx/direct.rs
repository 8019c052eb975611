//! Records straight from binary XML to fields, by compiled templates: for work that does not need a record's original.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::json::Head;
use crate::record::{Field, LogFormat, Record, Value};

use super::CHUNK_HEADER_BYTES;
use super::check::{FREE_AT, is_whole, number};
use super::cursor::Cursor;
use super::template::{Content, Plan, Step, compile};
use super::value::{BINARY_XML, Scalar, Slot, scalar, slots};

/// A record's header: magic, size, number, time.
pub(super) const HEADER: usize = 24;
/// What a record begins with.
pub(super) const MAGIC: &[u8] = &[0x2a, 0x2a, 0, 0];

/// How far a walk went.
pub(super) enum Progress {
    /// All records were given out.
    Done,
    /// The next record needs the general way; the walk stands behind it.
    Unusual,
    /// The chain of records is broken here, or the next record is not whole.
    Broken,
}

/// A walk along a chunk's records.
pub(super) struct Walk<'c> {
    chunk: &'c [u8],
    at: usize,
    free: usize,
    last_id: u64,
    /// Records passed, the unusual ones included.
    pub(super) passed: usize,
    /// Records given out.
    pub(super) given: u64,
    plans: HashMap<u32, Option<Plan>>,
    text: Vec<u8>,
}

impl<'c> Walk<'c> {
    /// A walk from the first record of a whole chunk. `text` is working memory: [`Walk::into_text`] gives it back.
    pub(super) fn new(chunk: &'c [u8], text: Vec<u8>) -> Self {
        let free = (number(chunk, FREE_AT, 4) as usize).min(chunk.len());
        Walk { chunk, at: CHUNK_HEADER_BYTES, free, last_id: number(chunk, 32, 8), passed: 0, given: 0, plans: HashMap::new(), text }
    }

    /// The working memory.
    pub(super) fn into_text(self) -> Vec<u8> {
        self.text
    }

    /// Gives out records up to the first that needs the general way.
    pub(super) fn run(&mut self, sink: &mut dyn FnMut(&Record<'_>)) -> Progress {
        while self.at < self.free {
            let (at, size) = (self.at, number(self.chunk, self.at + 4, 4) as usize);
            let end = at.saturating_add(size);
            if self.chunk.get(at..at + 4) != Some(MAGIC) || size < HEADER + 4 || !is_whole(self.chunk, at, end) {
                return Progress::Broken;
            }
            let was_last = number(self.chunk, at + 8, 8) == self.last_id;
            self.at = if was_last { self.free } else { end };
            self.passed += 1;
            if self.record(at + HEADER, end - 4, sink).is_none() {
                return Progress::Unusual;
            }
            self.given += 1;
        }
        Progress::Done
    }

    fn record(&mut self, start: usize, end: usize, sink: &mut dyn FnMut(&Record<'_>)) -> Option<()> {
        let (chunk, plans) = (self.chunk, &mut self.plans);
        let (mut outer, mut inner) = (Vec::with_capacity(24), Vec::with_capacity(32));
        let definition = instance(Cursor::new(chunk, start, end)?, plans, &mut outer)?;
        let Plan::Event { depends_on, inner: place, .. } = plans.get(&definition)?.as_ref()? else { return None };
        let is_null = |slot: u16| outer.get(usize::from(slot)).is_none_or(|slot| slot.kind == 0);
        if depends_on.is_some_and(is_null) {
            return None;
        }
        let place = place.and_then(|slot| outer.get(usize::from(slot))).filter(|slot| slot.kind != 0 && !slot.bytes.is_empty());
        let inner_definition = match place {
            Some(place) if place.kind == BINARY_XML => {
                Some(instance(Cursor::new(chunk, place.at, place.at + place.bytes.len())?, plans, &mut inner)?)
            }
            Some(_) => return None,
            None => None,
        };
        let Plan::Event { system, data, .. } = plans.get(&definition)?.as_ref()? else { return None };
        let inner_data = match inner_definition.map(|definition| plans.get(&definition)) {
            Some(Some(Some(Plan::Data(steps)))) => steps.as_slice(),
            None => &[],
            _ => return None,
        };
        self.text.clear();
        let mut gathered = Gathered { text: &mut self.text, scalars: Vec::with_capacity(48) };
        gathered.run(system, &outer)?;
        let head_fields = gathered.scalars.len();
        gathered.run(data, &outer)?;
        gathered.run(inner_data, &inner)?;
        let scalars = gathered.scalars;
        let text = std::str::from_utf8(&self.text).ok()?;
        let mut fields = Vec::with_capacity(scalars.len() + 4);
        let (head_scalars, data_scalars) = scalars.split_at_checked(head_fields)?;
        fields.extend(head_scalars.iter().map(|scalar| field(scalar, text)));
        let head = Head::of_windows(&fields);
        fields.extend(head.missing());
        fields.extend(data_scalars.iter().map(|scalar| field(scalar, text)));
        sink(&head.into_record(LogFormat::Evtx, fields, &[]));
        Some(())
    }
}

/// A field before its texts are borrowed: a text of the template, or a value of the record.
enum Gained<'p> {
    Fixed(&'p str),
    Read(Scalar),
}

struct Gathered<'p, 't> {
    text: &'t mut Vec<u8>,
    scalars: Vec<(&'p str, Gained<'p>)>,
}

impl<'p> Gathered<'p, '_> {
    fn run(&mut self, steps: &'p [Step], slots: &[Slot<'_>]) -> Option<()> {
        for step in steps {
            let left_out = match step.depends_on {
                Some(slot) => slots.get(usize::from(slot))?.kind == 0,
                None => false,
            };
            if left_out {
                continue;
            }
            let before = self.scalars.len();
            for (name, content) in &step.attributes {
                match self.content(content, slots)? {
                    Gained::Read(Scalar::Null) => {}
                    value => self.scalars.push((name, value)),
                }
            }
            let has_attributes = self.scalars.len() > before;
            match self.content(&step.content, slots)? {
                Gained::Read(Scalar::Null) if has_attributes => {}
                value => self.scalars.push((&step.name, value)),
            }
        }
        Some(())
    }

    fn content(&mut self, content: &'p Content, slots: &[Slot<'_>]) -> Option<Gained<'p>> {
        Some(match content {
            Content::Nothing => Gained::Read(Scalar::Null),
            Content::Text(text) => Gained::Fixed(text),
            Content::Slot(slot) => Gained::Read(scalar(slots.get(usize::from(*slot))?, self.text)?),
        })
    }
}

fn field<'a>((name, value): &(&'a str, Gained<'a>), text: &'a str) -> Field<'a> {
    let value = match value {
        Gained::Fixed(text) => Value::Text(Cow::Borrowed(text)),
        Gained::Read(Scalar::Null) => Value::Null,
        Gained::Read(Scalar::Integer(number)) => Value::Integer(*number),
        Gained::Read(Scalar::Unsigned(number)) => Value::Unsigned(*number),
        Gained::Read(Scalar::Bool(flag)) => Value::Bool(*flag),
        Gained::Read(Scalar::Text(from, to)) => Value::Text(Cow::Borrowed(text.get(*from..*to).unwrap_or_default())),
    };
    Field { name: Cow::Borrowed(name), value }
}

/// Reads the one template instance of a stream: compiles its template if it is new, reads its substitutions.
fn instance<'c>(mut cursor: Cursor<'c>, plans: &mut HashMap<u32, Option<Plan>>, into: &mut Vec<Slot<'c>>) -> Option<u32> {
    let mut token = cursor.u8()?;
    if token == 0x0f {
        cursor.take(3)?;
        token = cursor.u8()?;
    }
    if token != 0x0c {
        return None;
    }
    cursor.take(5)?;
    let definition = cursor.u32()?;
    if usize::try_from(definition).ok()? == cursor.at {
        cursor.take(20)?;
        let size = usize::try_from(cursor.u32()?).ok()?;
        cursor.take(size)?;
    }
    plans.entry(definition).or_insert_with(|| compile(cursor.chunk, definition));
    slots(&mut cursor, into)?;
    matches!(cursor.rest(), [] | [0, ..]).then_some(definition)
}
