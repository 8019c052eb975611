//! Events that no segment takes, kept as they came: `aside/org=…/OFFSET.ndjson`, for whoever looks into it and ingests them again.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;

use hikeshi_domain::OrganizationId;

use crate::layout::Layout;
use crate::stream::sync_folder;
use crate::view::TailBlock;

/// Writes the originals of the blocks, a line each, one file an organisation; durable when it returns.
pub(crate) fn set_aside(layout: &Layout, blocks: &[Arc<TailBlock>], to: u64) -> io::Result<Vec<PathBuf>> {
    let mut files: BTreeMap<OrganizationId, (PathBuf, BufWriter<File>)> = BTreeMap::new();
    for event in blocks.iter().flat_map(|block| block.events()) {
        let (_, file) = match files.entry(event.org) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                let folder = layout.aside().join(format!("org={}", event.org));
                fs::create_dir_all(&folder)?;
                folder.ancestors().take(3).try_for_each(sync_folder)?;
                let path = folder.join(format!("{to:020}.ndjson"));
                let file = BufWriter::new(File::create(&path)?);
                entry.insert((path, file))
            }
        };
        file.write_all(&event.raw)?;
        file.write_all(b"\n")?;
    }
    let mut written = Vec::with_capacity(files.len());
    for (path, file) in files.into_values() {
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        path.parent().map_or(Ok(()), sync_folder)?;
        written.push(path);
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
        let paths = set_aside(&Layout::new(folder.path()), &[block], 77).unwrap();
        let read = |path: &PathBuf| fs::read_to_string(path).unwrap();
        let expected = [&events[0], &events[2]].map(|event| format!("{}\n", String::from_utf8_lossy(&event.raw)));
        assert_eq!(paths.iter().map(read).collect::<Vec<_>>(), expected);
        assert!(paths[1].ends_with(format!("aside/org={other}/00000000000000000077.ndjson")));
    }
}
