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

/// What the planner of PostgreSQL knows of a table; -1: nothing.
fn counted(place: &Place) -> i64 {
    let address = place.address.as_ref().unwrap();
    server::as_superuser(address, "SELECT min(reltuples)::bigint FROM pg_class WHERE relname IN ('entity', 'field', 'gram')")
        .parse()
        .unwrap()
}

/// After a restore the planner took all tables for empty: to count the open of 100,000 alerts took 76 seconds, then 13 ms.
#[tokio::test]
async fn what_came_in_at_once_is_counted_at_once() {
    let Some(place) = Place::postgres() else { return };
    let store = place.open().await;
    store.change(&in_org(TOKYO), made(&note(TOKYO, "数える"))).await.unwrap();
    assert_eq!(counted(&place), -1, "nobody has counted yet");
    let scratch = folder();
    let backup = scratch.path().join("backup");
    store.backup(&backup, hikeshi_record::Keys::Included).await.unwrap();
    store.close().await;
    let other = place.another();
    hikeshi_record::restore(&backup, other.settings(), None).await.unwrap();
    assert!(counted(&other) > 0);
    // A migration may have made an index.
    place.behind_the_back("UPDATE schema_version SET version = 3");
    place.open().await.close().await;
    assert!(counted(&place) > 0);
}

/// A policy that reads the setting for each row took 6 seconds for 100,000 rows and 3,000 tenants.
#[tokio::test]
async fn the_second_wall_is_looked_up_once_a_statement() {
    let Some(place) = Place::postgres() else { return };
    place.open().await.close().await;
    let address = place.address.as_ref().unwrap();
    let each_row = "SELECT count(*) FROM pg_policy WHERE pg_get_expr(polqual, polrelid) NOT LIKE '%IN ( SELECT unnest%'";
    assert_eq!(server::as_superuser(address, each_row), "0");
    assert_ne!(server::as_superuser(address, "SELECT count(*) FROM pg_policy"), "0");
}
