//! Running the pipeline and keeping what it gives, for tests.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use hikeshi_event::{Defect, Input, Limits, Record, Totals, Value, Work, process};

/// A record, kept: enough of it to compare.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Kept {
    pub(crate) path: String,
    pub(crate) channel: String,
    pub(crate) provider: String,
    pub(crate) event_id: u32,
    pub(crate) computer: String,
    pub(crate) record_id: Option<u64>,
    pub(crate) time: Option<jiff::Timestamp>,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) raw: Vec<u8>,
}

impl Kept {
    pub(crate) fn of(path: &str, record: &Record<'_>) -> Kept {
        Kept {
            path: path.into(),
            channel: record.channel.clone().into_owned(),
            provider: record.provider.clone().into_owned(),
            event_id: record.event_id,
            computer: record.computer.clone().into_owned(),
            record_id: record.record_id,
            time: record.time,
            fields: record.fields.iter().map(|field| (field.name.clone().into_owned(), shown(&field.value))).collect(),
            raw: record.raw.to_vec(),
        }
    }
}

pub(crate) fn shown(value: &Value<'_>) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Text(text) => text.clone().into_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Unsigned(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::List(values) => format!("[{}]", values.iter().map(shown).collect::<Vec<_>>().join(", ")),
    }
}

pub(crate) struct Keeper;

impl Work for Keeper {
    type Scratch = ();
    type Out = Vec<Kept>;

    fn scratch(&self) {}

    fn see(&self, (): &mut (), path: &str, record: &Record<'_>, out: &mut Vec<Kept>) {
        out.push(Kept::of(path, record));
    }
}

/// A [`Keeper`] that needs no originals.
pub(crate) struct FieldKeeper;

impl Work for FieldKeeper {
    type Scratch = ();
    type Out = Vec<Kept>;

    fn needs_originals(&self) -> bool {
        false
    }

    fn scratch(&self) {}

    fn see(&self, (): &mut (), path: &str, record: &Record<'_>, out: &mut Vec<Kept>) {
        out.push(Kept::of(path, record));
    }
}

pub(crate) struct Collected {
    pub(crate) kept: Vec<Kept>,
    pub(crate) defects: Vec<Defect>,
    pub(crate) totals: Totals,
}

pub(crate) fn collect(inputs: &[Input], limits: &Limits, threads: usize) -> Collected {
    collect_by(&Keeper, inputs, limits, threads)
}

pub(crate) fn collect_by(work: &impl Work<Out = Vec<Kept>>, inputs: &[Input], limits: &Limits, threads: usize) -> Collected {
    let (mut kept, mut defects) = (Vec::new(), Vec::new());
    let totals = process(inputs, limits, threads, work, |block| {
        kept.extend(block.out);
        defects.extend(block.defects);
        ControlFlow::Continue(())
    });
    Collected { kept, defects, totals }
}

pub(crate) fn collect_file(path: &Path) -> Collected {
    collect(&[Input::file(path)], &Limits::default(), 2)
}

/// Counts records without keeping them.
pub(crate) struct Counter;

impl Work for Counter {
    type Scratch = ();
    type Out = u64;

    fn scratch(&self) {}

    fn see(&self, (): &mut (), _path: &str, _record: &Record<'_>, out: &mut u64) {
        *out += 1;
    }
}

/// The shared data folder, where there is one; prints why the test does nothing where there is none.
pub(crate) fn shared(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("HIKESHI_SHARED").map(PathBuf::from).filter(|folder| folder.is_dir());
    if folder.is_none() {
        println!("skipped: needs shared data ({test})");
    }
    folder
}
