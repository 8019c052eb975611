//! One record, laid out for tests: each field that a rule asks for has a slot with its values, folded once.
//!
//! The buffers are reused from record to record; nothing is allocated once they have grown.

use std::fmt::Write as _;

use hikeshi_event::{Record, Value};

use crate::predicate::FieldId;
use crate::regexes::Regexes;
use crate::text::fold_into;

const NONE: u32 = u32::MAX;

/// One value of one field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SlotValue {
    start: u32,
    end: u32,
    raw: Raw,
    next: u32,
    /// Null, or an empty data element.
    pub(crate) null: bool,
}

/// Where the text as it stands is.
#[derive(Debug, Clone, Copy)]
enum Raw {
    Field(u32),
    Item(u32, u32),
    /// The buffer: derived and printed values, which have no letters to fold but those they were given.
    Own(u32, u32),
}

/// The slots of one record.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    epoch: u32,
    heads: Vec<(u32, u32)>,
    values: Vec<SlotValue>,
    folded: Vec<u8>,
    own: String,
}

impl Slots {
    /// Forgets the last record.
    pub(crate) fn begin(&mut self, fields: usize) {
        self.heads.resize(fields, (0, NONE));
        self.values.clear();
        self.folded.clear();
        self.own.clear();
        self.epoch = self.epoch.wrapping_add(1);
        if self.epoch == 0 {
            self.heads.fill((0, NONE));
            self.epoch = 1;
        }
    }

    /// Adds the values of a field of the record; answers the range of them.
    pub(crate) fn push(&mut self, fields: &[FieldId], index: usize, value: &Value<'_>) -> std::ops::Range<usize> {
        let from = self.values.len();
        let index = u32::try_from(index).unwrap_or(NONE);
        match value {
            Value::List(items) => {
                for (place, item) in items.iter().enumerate() {
                    self.push_one(fields, Raw::Item(index, u32::try_from(place).unwrap_or(NONE)), item);
                }
            }
            value => self.push_one(fields, Raw::Field(index), value),
        }
        from..self.values.len()
    }

    fn push_one(&mut self, fields: &[FieldId], raw: Raw, value: &Value<'_>) {
        match value {
            Value::Text(text) => self.add(fields, text, raw, false),
            Value::Null => self.add(fields, "", Raw::Own(0, 0), true),
            Value::Integer(number) => self.print(fields, format_args!("{number}")),
            Value::Unsigned(number) => self.print(fields, format_args!("{number}")),
            Value::Float(number) => self.print(fields, format_args!("{number}")),
            Value::Bool(truth) => self.print(fields, format_args!("{truth}")),
            Value::List(items) => items.iter().for_each(|item| {
                if !matches!(item, Value::List(_)) {
                    self.push_own(fields, item);
                }
            }),
        }
    }

    /// A value inside a list inside a list: its text is copied.
    fn push_own(&mut self, fields: &[FieldId], value: &Value<'_>) {
        match value {
            Value::Text(text) => {
                self.push_text(fields, text);
            }
            other => self.push_one(fields, Raw::Own(0, 0), other),
        }
    }

    /// Adds a value that the record does not hold as such; answers the range of it.
    pub(crate) fn push_text(&mut self, fields: &[FieldId], text: &str) -> std::ops::Range<usize> {
        let from = self.values.len();
        let start = self.own.len();
        self.own.push_str(text);
        self.add(fields, text, self.own_since(start), false);
        from..self.values.len()
    }

    fn print(&mut self, fields: &[FieldId], text: std::fmt::Arguments<'_>) {
        let start = self.own.len();
        // Writing to a String cannot fail.
        let _ = self.own.write_fmt(text);
        let raw = self.own_since(start);
        let from = self.folded.len();
        self.folded.extend_from_slice(self.own.as_bytes().get(start..).unwrap_or_default());
        self.link(fields, from, raw, false);
    }

    fn own_since(&self, start: usize) -> Raw {
        Raw::Own(u32::try_from(start).unwrap_or(NONE), u32::try_from(self.own.len()).unwrap_or(NONE))
    }

    fn add(&mut self, fields: &[FieldId], text: &str, raw: Raw, null: bool) {
        let from = self.folded.len();
        fold_into(text, &mut self.folded);
        self.link(fields, from, raw, null);
    }

    fn link(&mut self, fields: &[FieldId], from: usize, raw: Raw, null: bool) {
        let (Ok(start), Ok(end)) = (u32::try_from(from), u32::try_from(self.folded.len())) else { return };
        let mut value = SlotValue { start, end, raw, next: NONE, null };
        if fields.is_empty() {
            self.values.push(value);
        }
        for field in fields {
            let at = u32::try_from(self.values.len()).unwrap_or(NONE);
            if let Some(head) = self.heads.get_mut(usize::from(field.0)) {
                value.next = if head.0 == self.epoch { head.1 } else { NONE };
                *head = (self.epoch, at);
                self.values.push(value);
            }
        }
    }

    /// The field has been given a value already.
    pub(crate) fn has(&self, field: FieldId) -> bool {
        self.heads.get(usize::from(field.0)).is_some_and(|head| head.0 == self.epoch)
    }

    /// The folded text of the value at that place.
    pub(crate) fn folded_at(&self, at: usize) -> Option<&[u8]> {
        let value = self.values.get(at)?;
        self.folded.get(value.start as usize..value.end as usize)
    }
}

/// A record and its slots, as predicates see them.
pub(crate) struct View<'v, 'r> {
    pub(crate) record: &'v Record<'r>,
    pub(crate) slots: &'v Slots,
    pub(crate) regexes: &'v Regexes,
}

impl View<'_, '_> {
    /// Any value of the field satisfies the test; of any field, for keywords.
    pub(crate) fn any(&self, field: FieldId, mut test: impl FnMut(&SlotValue) -> bool) -> bool {
        if field == FieldId::ANY {
            return self.slots.values.iter().any(|value| !value.null && test(value));
        }
        let Some(head) = self.slots.heads.get(usize::from(field.0)).filter(|head| head.0 == self.slots.epoch) else { return false };
        let mut at = head.1;
        while let Some(value) = self.slots.values.get(at as usize) {
            if test(value) {
                return true;
            }
            at = value.next;
        }
        false
    }

    /// The text as the record has it.
    pub(crate) fn raw(&self, value: &SlotValue) -> &str {
        let field = |index: u32| self.record.fields.get(index as usize).map(|field| &field.value);
        match value.raw {
            Raw::Own(start, end) => self.slots.own.get(start as usize..end as usize).unwrap_or_default(),
            Raw::Field(index) => field(index).map_or("", text_of),
            Raw::Item(index, place) => match field(index) {
                Some(Value::List(items)) => items.get(place as usize).map_or("", text_of),
                _ => "",
            },
        }
    }

    /// The folded text.
    pub(crate) fn folded(&self, value: &SlotValue) -> &[u8] {
        self.slots.folded.get(value.start as usize..value.end as usize).unwrap_or_default()
    }
}

fn text_of<'v>(value: &'v Value<'_>) -> &'v str {
    match value {
        Value::Text(text) => text,
        _ => "",
    }
}
