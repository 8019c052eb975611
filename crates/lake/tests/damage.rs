//! Segments as a failing disk or a bad restore gives them back: what is asked of them is an error that names the file; all else goes on.

use std::path::{Path, PathBuf};

use hikeshi_lake::catalogue::{OrgScope, SegmentKind};
use hikeshi_lake::{Lake, ReadError, ScanFilter};

use crate::fixture::{ORG, OTHER, all_time, batch, everything, open, process_event};

fn body(host: &str, day: u32) -> String {
    let time = |number| format!("2026-11-{day:02}T10:00:{number:02}.000Z");
    (0..50).map(|number| process_event(number, host, &time(number), &format!("{number:064x}"))).collect()
}

/// The only segment of an organisation.
fn segment_of(folder: &Path, org: hikeshi_domain::OrganizationId, day: u32) -> PathBuf {
    let day = folder.join(format!("lake/events/org={org}/day=2026-11-{day:02}"));
    let mut files = std::fs::read_dir(day).unwrap().flatten().map(|entry| entry.path());
    files.find(|path| path.extension().is_some_and(|kind| kind == "parquet")).unwrap()
}

async fn asked(lake: &Lake, org: hikeshi_domain::OrganizationId) -> Result<usize, ReadError> {
    let (from, to) = all_time();
    Ok(lake.host_window(org, "pc", from..to, to, usize::MAX).await?.events.len())
}

/// A byte a time, in every part of the file: pages, places of pages, seal, footer, its length.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_segment_is_named_and_what_lies_beside_it_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    lake.append(batch(ORG, "a", body("pc", 20))).await.unwrap();
    lake.append(batch(OTHER, "b", body("pc", 20))).await.unwrap();
    lake.flush().await;
    drop(lake);
    let path = segment_of(folder.path(), ORG, 20);
    let whole = std::fs::read(&path).unwrap();
    let near_the_end = (1..40).map(|back| whole.len() - back * back);
    for at in (4..whole.len()).step_by(whole.len() / 40).chain(near_the_end) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x80;
        std::fs::write(&path, damaged).unwrap();
        let lake = open(folder.path()).await;
        match asked(&lake, ORG).await {
            // Places that nobody reads: filters of other readers, the originals.
            Ok(events) => assert_eq!(events, 50, "byte {at}"),
            Err(error) => assert!(error.to_string().contains(&path.display().to_string()), "byte {at}: {error}"),
        }
        assert_eq!(asked(&lake, OTHER).await.unwrap(), 50, "byte {at}");
    }

    std::fs::write(&path, whole.get(..whole.len() - 1).unwrap()).unwrap();
    let lake = open(folder.path()).await;
    assert!(matches!(asked(&lake, ORG).await, Err(ReadError::Segment { .. })));
    let (mine, others) = (OrgScope::one(ORG), OrgScope::one(OTHER));
    let scanned = |scope: &OrgScope| lake.scan(scope, SegmentKind::Events, &ScanFilter::default()).map(|scan| scan.files.len());
    assert!(matches!(scanned(&mine), Err(ReadError::Segment { .. })), "whoever reads files by themselves would trust it");
    assert_eq!(scanned(&others).unwrap(), 1);
    // What was there already cannot be told apart from new: kept, and never a reason to stop.
    lake.append(batch(ORG, "c", body("pc", 20))).await.unwrap();
    lake.append(batch(ORG, "d", body("pc", 21))).await.unwrap();
    lake.flush().await;
    assert_eq!((lake.lag().totals.added, lake.lag().writer_fault), (100, None));
    drop(lake);

    std::fs::write(&path, whole).unwrap();
    let lake = open(folder.path()).await;
    assert_eq!(everything(&lake, OTHER, "pc").await.len(), 50);
    assert_eq!(asked(&lake, ORG).await.unwrap(), 150, "put back, it is read again");
}

/// Segments of older versions have no seal: they are opened as they are.
#[tokio::test(flavor = "multi_thread")]
async fn a_segment_without_a_seal_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    lake.append(batch(ORG, "a", body("pc", 20))).await.unwrap();
    lake.flush().await;
    let before = everything(&lake, ORG, "pc").await;
    drop(lake);
    let path = segment_of(folder.path(), ORG, 20);
    let whole = std::fs::read(&path).unwrap();
    let length = u32::from_le_bytes(whole[whole.len() - 8..whole.len() - 4].try_into().unwrap()) as usize;
    let (sealed, footer) = whole.split_at(whole.len() - 8 - length);
    let (rest, head) = sealed.split_at(sealed.len() - 12);
    assert_eq!(&head[..4], b"HKS1");
    let sums = 4 * u32::from_le_bytes(head[4..8].try_into().unwrap()) as usize;
    let mark = b"hikeshi.sealed";
    let at = footer.windows(mark.len()).position(|bytes| bytes == mark).unwrap();
    let mut older = footer.to_vec();
    older[at..at + mark.len()].copy_from_slice(b"hikeshi.before");
    std::fs::write(&path, [rest.get(..rest.len() - sums).unwrap(), &older].concat()).unwrap();
    assert_eq!(everything(&open(folder.path()).await, ORG, "pc").await, before);
    // The mark in the footer tells of a seal that is not there.
    std::fs::write(&path, [rest.get(..rest.len() - sums).unwrap(), footer].concat()).unwrap();
    assert!(asked(&open(folder.path()).await, ORG).await.is_err());
}
