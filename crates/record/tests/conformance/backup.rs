//! Backup under load, restore into nothing, and everything that must be refused.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use hikeshi_lake::catalogue::{Catalogue, Commit, SegmentRow};
use hikeshi_record::{Keys, Manifest, Query, Reached, Settings, Stage, Store, restore};

use crate::fixture::*;

on_both!(
    a_backup_made_under_load_holds_what_was_acknowledged,
    files_go_with_the_record,
    a_target_that_is_not_empty_is_refused,
    a_damaged_backup_is_refused,
    keys_may_be_kept_apart,
    a_backup_that_lacks_a_segment_is_refused,
    long_work_tells_how_far_it_has_come,
);

async fn a_backup_made_under_load_holds_what_was_acknowledged(place: Place) {
    let store = place.open().await;
    let before = note(TOKYO, "前");
    store.change(&in_org(TOKYO), made(&before)).await.unwrap();
    let writer = tokio::spawn({
        let store = store.clone();
        async move {
            for number in 0..100 {
                store.change(&in_org(TOKYO), made(&note(TOKYO, &format!("並行 {number}")))).await.unwrap();
            }
        }
    });
    let scratch = folder();
    let target = scratch.path().join("backup");
    let manifest = store.backup(&target, Keys::Included).await.unwrap();
    writer.await.unwrap();
    let other = place.another();
    restore(&target, other.settings(), None).await.unwrap();
    let restored = other.open().await;
    assert_eq!(restored.get::<Note>(&in_org(TOKYO), before.id).await.unwrap().entity, before);
    let found = restored.verify(&[manifest.checkpoint.unwrap()]).await.unwrap();
    assert_eq!((found.first_bad, found.versions), (None, restored.count::<Note>(&in_org(TOKYO), Query::new()).await.unwrap()));
    // The restored record goes on where it stood.
    restored.change(&in_org(TOKYO), made(&note(TOKYO, "後"))).await.unwrap();
}

async fn long_work_tells_how_far_it_has_come(place: Place) {
    let (told, telling) = (Arc::new(Mutex::new(Vec::<Reached>::new())), |told: &Arc<Mutex<Vec<Reached>>>| {
        let told = Arc::clone(told);
        move |step: Reached| told.lock().unwrap().push(step)
    });
    let store = Store::open(place.settings().progress(telling(&told))).await.unwrap();
    for number in 0..5 {
        store.change(&in_org(TOKYO), made(&note(TOKYO, &number.to_string()))).await.unwrap();
    }
    write(&place.folder.path().join("lake/log/0001.log"), "frames");
    let scratch = folder();
    let target = scratch.path().join("backup");
    store.backup(&target, Keys::Included).await.unwrap();
    store.verify(&[]).await.unwrap();
    restore(&target, place.another().settings().progress(telling(&told)), None).await.unwrap();
    let told = told.lock().unwrap();
    for stage in [Stage::Copying, Stage::Hashing, Stage::Verifying, Stage::Restoring] {
        let steps: Vec<&Reached> = told.iter().filter(|step| step.stage == stage).collect();
        let (first, last) = (steps.first().unwrap(), steps.last().unwrap());
        assert_eq!(first.done, 0, "{stage:?} begins");
        assert!(last.of > 0 && last.done == last.of, "{stage:?} comes to its end: {last:?}");
    }
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

async fn files_go_with_the_record(place: Place) {
    let store = place.open().await;
    let data = place.folder.path();
    let kept = [("lake/events/org=a/day=2026-11-22/s.parquet", "segment"), ("lake/log/0001.log", "frames"), ("objects/ab/cdef", "object")];
    kept.iter().for_each(|(name, text)| write(&data.join(name), text));
    write(&data.join("lake/draft.tmp"), "x");
    let scratch = folder();
    let target = scratch.path().join("backup");
    store.backup(&target, Keys::Included).await.unwrap();
    // What is written to a log afterwards is not in the backup.
    write(&data.join("lake/log/0001.log"), "frames and more");
    let other = place.another();
    restore(&target, other.settings(), None).await.unwrap();
    for (name, text) in kept {
        assert_eq!(fs::read_to_string(other.folder.path().join(name)).unwrap(), text, "{name}");
    }
    assert!(!other.folder.path().join("lake/draft.tmp").exists());
    assert_eq!(fs::read_dir(data.join("backups")).unwrap().count(), 0, "nothing is held any more");
}

async fn a_target_that_is_not_empty_is_refused(place: Place) {
    let store = place.open().await;
    let scratch = folder();
    write(&scratch.path().join("full/x"), "x");
    let refused = store.backup(&scratch.path().join("full"), Keys::Included).await.unwrap_err().to_string();
    assert!(refused.contains("not empty"), "{refused}");
    let target = scratch.path().join("backup");
    store.backup(&target, Keys::Included).await.unwrap();
    let refused = restore(&target, place.settings(), None).await.unwrap_err().to_string();
    assert!(refused.contains("not empty"), "{refused}");
    if let Some(address) = &place.address {
        let elsewhere = Settings::postgres(scratch.path().join("elsewhere"), address);
        let refused = restore(&target, elsewhere, None).await.unwrap_err().to_string();
        assert!(refused.contains("not empty"), "{refused}");
    }
}

async fn a_damaged_backup_is_refused(place: Place) {
    let store = place.open().await;
    store.change(&in_org(TOKYO), made(&note(TOKYO, "x"))).await.unwrap();
    let scratch = folder();
    let target = scratch.path().join("backup");
    let manifest: Manifest = store.backup(&target, Keys::Included).await.unwrap();
    let file = manifest.files.iter().find(|file| file.path.starts_with("database/") && file.size_bytes > 100).unwrap();
    let path = target.join(&file.path);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    let refused = restore(&target, place.another().settings(), None).await.unwrap_err().to_string();
    assert!(refused.contains("not the file that the manifest describes"), "{refused}");
    let text = fs::read_to_string(target.join("manifest.json")).unwrap();
    fs::write(target.join("manifest.json"), text.replace(&file.path, "files/../../../escaped")).unwrap();
    let refused = restore(&target, place.another().settings(), None).await.unwrap_err().to_string();
    assert!(refused.contains("leads out of the backup"), "{refused}");
    fs::remove_file(target.join("manifest.json")).unwrap();
    let refused = restore(&target, place.another().settings(), None).await.unwrap_err().to_string();
    assert!(refused.contains("no finished backup"), "{refused}");
}

async fn keys_may_be_kept_apart(place: Place) {
    let store = place.open().await;
    let entity = note(TOKYO, "秘密");
    store.change(&in_org(TOKYO), made(&entity)).await.unwrap();
    let scratch = folder();
    let target = scratch.path().join("backup");
    store.backup(&target, Keys::LeftOut).await.unwrap();
    assert!(!target.join("keys").exists());
    let refused = restore(&target, place.another().settings(), None).await.unwrap_err().to_string();
    assert!(refused.contains("without the key files"), "{refused}");
    let other = place.another();
    restore(&target, other.settings(), Some(&place.folder.path().join("keys"))).await.unwrap();
    assert_eq!(other.open().await.get::<Note>(&in_org(TOKYO), entity.id).await.unwrap().entity, entity);
}

async fn a_backup_that_lacks_a_segment_is_refused(place: Place) {
    let store = place.open().await;
    let catalogue = store.catalogue();
    let (kept, lost) = (super::catalogue::segment(1), super::catalogue::segment(2));
    catalogue.commit(Commit { add: vec![kept.clone(), lost.clone()], ..Commit::default() }).await.unwrap();
    let path = |segment: &SegmentRow| place.folder.path().join(format!("lake/events/org={TOKYO}/day=2026-11-22/{}.parquet", segment.id));
    [&kept, &lost].iter().for_each(|segment| write(&path(segment), "rows"));
    let scratch = folder();
    store.backup(&scratch.path().join("whole"), Keys::Included).await.unwrap();
    restore(&scratch.path().join("whole"), place.another().settings(), None).await.unwrap();
    fs::remove_file(path(&lost)).unwrap();
    store.backup(&scratch.path().join("lacking"), Keys::Included).await.unwrap();
    let refused = restore(&scratch.path().join("lacking"), place.another().settings(), None).await.unwrap_err().to_string();
    assert!(refused.contains("lacks 1 segments") && refused.contains(&lost.id.to_string()), "{refused}");
    assert!(!catalogue.keeps_files(), "no backup is being made now");
}
