//! Events that no segment takes, kept as they came: `aside/org=…/OFFSET.COUNT.ndjson`, for whoever looks into it and ingests them again.
//! They are told of until somebody takes the files away, however often the lake is opened in between.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use hikeshi_domain::OrganizationId;

use crate::layout::{Layout, files_below};
use crate::stream::sync_folder;
use crate::view::TailBlock;

/// Files that lie aside, and how many events each holds.
pub(crate) type AsideFiles = BTreeMap<PathBuf, u64>;

/// What lies aside.
#[derive(Debug, Default)]
pub(crate) struct Aside(Mutex<AsideFiles>);

impl Aside {
    /// What lies aside since the lake was open before. What cannot be read is logged and left out: it keeps no lake closed.
    pub(crate) fn found(layout: &Layout) -> Self {
        let folder = layout.aside();
        let files = files_below(&folder, 1).unwrap_or_else(|error| {
            tracing::error!(%error, folder = %folder.display(), "events that lie aside cannot be counted");
            Vec::new()
        });
        let counted = files.into_iter().filter(|path| path.extension().is_some_and(|end| end == "ndjson")).filter_map(|path| {
            let events = counted_by_name(&path).map_or_else(|| lines(&path), Ok);
            let events =
                events.inspect_err(|error| tracing::error!(%error, path = %path.display(), "a file that lies aside is not counted"));
            Some((path, events.ok()?))
        });
        Aside(Mutex::new(counted.collect()))
    }

    /// More lies aside.
    pub(crate) fn add(&self, files: AsideFiles) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(files);
    }

    /// Events of the files that are still there.
    pub(crate) fn events(&self) -> u64 {
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        files.retain(|path, _| path.try_exists().unwrap_or(true));
        files.values().sum()
    }
}

/// How many events a file's name says that it holds.
fn counted_by_name(path: &Path) -> Option<u64> {
    Path::new(path.file_stem()?).extension()?.to_str()?.parse().ok()
}

/// Lines of a file, whatever its size.
fn lines(path: &Path) -> io::Result<u64> {
    let mut file = BufReader::with_capacity(64 << 10, File::open(path)?);
    let mut lines = 0;
    loop {
        let read = file.fill_buf()?;
        if read.is_empty() {
            return Ok(lines);
        }
        lines += read.iter().filter(|byte| **byte == b'\n').count() as u64;
        let length = read.len();
        file.consume(length);
    }
}

/// Writes the originals of the blocks, a line each, one file an organisation; durable when it returns.
pub(crate) fn set_aside(layout: &Layout, blocks: &[Arc<TailBlock>], to: u64) -> io::Result<AsideFiles> {
    let mut files: BTreeMap<OrganizationId, (PathBuf, BufWriter<File>, u64)> = BTreeMap::new();
    for event in blocks.iter().flat_map(|block| block.events()) {
        let (_, file, events) = match files.entry(event.org) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                let folder = layout.aside().join(format!("org={}", event.org));
                fs::create_dir_all(&folder)?;
                folder.ancestors().take(3).try_for_each(sync_folder)?;
                let part = folder.join(format!("{to:020}.part"));
                let file = BufWriter::new(File::create(&part)?);
                entry.insert((part, file, 0))
            }
        };
        file.write_all(&event.raw)?;
        file.write_all(b"\n")?;
        *events += 1;
    }
    let mut written = AsideFiles::new();
    for (part, file, events) in files.into_values() {
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        let path = part.with_extension(format!("{events}.ndjson"));
        fs::rename(&part, &path)?;
        path.parent().map_or(Ok(()), sync_folder)?;
        written.insert(path, events);
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Rows;
    use crate::rows::tests::sample;

    #[test]
    fn the_originals_of_the_live_events_are_kept_apart_by_organisation() {
        let folder = tempfile::tempdir().unwrap();
        let mut rows = Rows::default();
        let other = OrganizationId(uuid::Uuid::from_u128(2));
        let events = [sample(1, "a"), sample(2, "b"), hikeshi_event::Event { org: other, ..sample(3, "c") }];
        events.iter().for_each(|event| rows.push(event));
        let block = Arc::new(TailBlock { rows, live: vec![0, 2], matches: Vec::new() });
        let layout = Layout::new(folder.path());
        let files = set_aside(&layout, &[block], 77).unwrap();
        let read = |path: &PathBuf| fs::read_to_string(path).unwrap();
        let expected = [&events[0], &events[2]].map(|event| format!("{}\n", String::from_utf8_lossy(&event.raw)));
        assert_eq!(files.keys().map(read).collect::<Vec<_>>(), expected);
        let last = files.keys().next_back().unwrap();
        assert!(last.ends_with(format!("aside/org={other}/00000000000000000077.1.ndjson")));

        fs::write(last.with_extension("txt"), "a note of whoever looks into it\n").unwrap();
        let aside = Aside::found(&layout);
        assert_eq!(aside.events(), 2);
        aside.add(files.clone());
        assert_eq!(aside.events(), 2, "the same files once more");
        fs::remove_file(last).unwrap();
        assert_eq!(aside.events(), 1, "what was taken away is told of no more");
    }

    #[test]
    fn lines_are_counted_beyond_a_buffer_and_nothing_aside_is_no_fault() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Aside::found(&Layout::new(folder.path())).events(), 0);
        let path = folder.path().join("many.ndjson");
        fs::write(&path, "{\"a\":1}\n".repeat(20_000)).unwrap();
        assert_eq!((counted_by_name(&path), lines(&path).unwrap()), (None, 20_000));
        assert_eq!(counted_by_name(&path.with_file_name("00000000000000000077.12.ndjson")), Some(12));
    }
}
