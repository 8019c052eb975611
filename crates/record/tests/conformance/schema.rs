//! The schema's version: newer is refused, older is brought up to date after a backup, foreign databases are left alone.

use hikeshi_lake::catalogue::Catalogue;
use hikeshi_record::{Error, Store};

use crate::fixture::*;

on_both!(a_newer_schema_is_refused, an_older_schema_is_backed_up_and_brought_up_to_date, foreign_keys_are_refused);

async fn a_newer_schema_is_refused(place: Place) {
    place.open().await.close().await;
    place.behind_the_back("UPDATE schema_version SET version = 999");
    let refused = Store::open(place.settings()).await.err().unwrap();
    assert!(matches!(refused, Error::SchemaNewer { found: 999, .. }));
    assert!(refused.to_string().contains("install the newer version"));
}

async fn an_older_schema_is_backed_up_and_brought_up_to_date(place: Place) {
    let entity = note(TOKYO, "移行");
    let store = place.open().await;
    store.change(&in_org(TOKYO), made(&entity)).await.unwrap();
    store.close().await;
    for table in ["segment", "stream", "prevalence", "sighting", "feed"] {
        place.behind_the_back(&format!("DROP TABLE {table}"));
    }
    place.behind_the_back("UPDATE schema_version SET version = 1");
    let store = place.open().await;
    assert_eq!(store.get::<Note>(&in_org(TOKYO), entity.id).await.unwrap().entity, entity);
    assert_eq!(store.catalogue().offset("local").await.unwrap(), 0);
    let backups: Vec<_> = std::fs::read_dir(place.folder.path().join("backups")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [backup] = backups.as_slice() else { panic!("one backup: {backups:?}") };
    // The backup is one: it can be restored, with the keys that were left out of it.
    let other = place.another();
    let keys = place.folder.path().join("keys");
    hikeshi_record::restore(backup, other.settings(), Some(&keys)).await.unwrap();
    let restored = other.open().await;
    assert_eq!(restored.get::<Note>(&in_org(TOKYO), entity.id).await.unwrap().entity, entity);
}

async fn foreign_keys_are_refused(place: Place) {
    place.open().await.close().await;
    let keys = place.folder.path().join("keys/installation.key");
    std::fs::write(&keys, "00".repeat(32)).unwrap();
    let refused = Store::open(place.settings()).await.err().unwrap().to_string();
    assert!(refused.contains("not those of this record"), "{refused}");
    std::fs::remove_file(&keys).unwrap();
    let refused = Store::open(place.settings()).await.err().unwrap().to_string();
    assert!(refused.contains("put the key files of this installation back"), "{refused}");
}

#[tokio::test]
async fn a_foreign_database_is_left_alone() {
    let place = Place::embedded().unwrap();
    place.behind_the_back("CREATE TABLE theirs (x)");
    std::fs::create_dir(place.folder.path().join("keys")).unwrap();
    for key in ["installation.key", "checkpoint.key"] {
        std::fs::write(place.folder.path().join("keys").join(key), "07".repeat(32)).unwrap();
    }
    let refused = Store::open(place.settings()).await.err().unwrap().to_string();
    assert!(refused.contains("not a record of Hikeshi"), "{refused}");
}
