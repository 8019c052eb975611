//! The chain: whatever is changed behind the record's back is found, where it was done, by us and by somebody else's program.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use hikeshi_record::{Change, Checkpoint, Expect, Shown, Store};

use crate::fixture::*;

on_both!(a_clean_record_holds, every_edit_is_found_where_it_was_made, a_rewritten_history_is_found_by_a_checkpoint_kept_outside);

/// Ten versions of five notes, one of them erased.
async fn filled(place: &Place) -> Store {
    let store = place.open().await;
    let context = in_org(TOKYO);
    let notes: Vec<Note> = (0..5).map(|number| note(TOKYO, &format!("記録 {number}"))).collect();
    for entity in &notes {
        store.change(&context, made(entity)).await.unwrap();
    }
    for entity in &notes[..4] {
        store.change(&context, Change::new("note.edit", "訂正").put(entity, Expect::Version(1))).await.unwrap();
    }
    store.change(&context, Change::new("note.erase", "期限").erase::<Note>(notes[4].id, 1)).await.unwrap();
    store
}

async fn exported(store: &Store, folder: &Path, shown: Shown) -> std::path::PathBuf {
    let mut text = Vec::new();
    store.export(&mut text, shown).await.unwrap();
    let path = folder.join("chain.ndjson");
    std::fs::File::create(&path).unwrap().write_all(&text).unwrap();
    path
}

/// What the independent verifier says; `None` where Python is not installed.
fn independent(export: &Path, outside: Option<&Checkpoint>) -> Option<(bool, String)> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../verify/hikeshi_verify.py");
    let mut python = Command::new("python3");
    python.arg(program).arg(export);
    if let Some(note) = outside {
        let path = export.with_extension("checkpoint");
        std::fs::write(&path, serde_json::to_vec(note).unwrap()).unwrap();
        python.arg("--checkpoint").arg(path);
    }
    let Ok(output) = python.output() else {
        println!("skipped: no python3 for the independent verifier");
        return None;
    };
    Some((output.status.success(), String::from_utf8_lossy(&output.stdout).trim().to_owned()))
}

async fn a_clean_record_holds(place: Place) {
    let store = filled(&place).await;
    let note = store.checkpoint().await.unwrap();
    assert!(note.is_genuine() && note.seq == 10);
    let found = store.verify(std::slice::from_ref(&note)).await.unwrap();
    assert_eq!((found.versions, found.checkpoints, found.signed_seq, found.first_bad), (10, 1, 10, None));
    for shown in [Shown::Bodies, Shown::Chain] {
        let export = exported(&store, place.folder.path(), shown).await;
        if let Some((holds, said)) = independent(&export, Some(&note)) {
            assert!(holds && said.starts_with("ok: 10 versions, 1 checkpoints, signed up to 10"), "{said}");
        }
    }
}

async fn every_edit_is_found_where_it_was_made(place: Place) {
    let edits = [
        ("UPDATE version SET at = at - 1000000 WHERE seq = 4", 4),
        ("UPDATE version SET actor = 'system:nobody' WHERE seq = 5", 5),
        ("UPDATE version SET action = 'note.kept' WHERE seq = 10", 10),
        ("UPDATE version SET request = '' WHERE seq = 1", 1),
        ("UPDATE version SET form = 'plain' WHERE seq = 2", 2),
        ("UPDATE version SET form = 'other' WHERE seq = 2", 2),
        ("UPDATE version SET body = reason WHERE seq = 3", 3),
        ("UPDATE version SET reason = body WHERE seq = 6", 6),
        ("UPDATE version SET salt = commitment WHERE seq = 6", 6),
        ("UPDATE version SET commitment = hash WHERE seq = 7", 7),
        ("UPDATE version SET hash = commitment WHERE seq = 8", 8),
        ("UPDATE version SET version = 7 WHERE seq = 9", 9),
        ("DELETE FROM version WHERE seq = 6", 6),
        ("DELETE FROM version WHERE seq = 10", 10),
        ("UPDATE version SET seq = 11 WHERE seq = 10", 10),
        ("UPDATE entity SET version = 1, seq = 1 WHERE no = 1", 6),
        ("UPDATE entity SET seq = 1 WHERE no = 1", 6),
        ("DELETE FROM entity WHERE no = 2", 7),
        ("INSERT INTO entity (no, org, kind, id, version, seq) SELECT 9, org, 'other', id, 1, 1 FROM entity WHERE no = 1", 1),
        ("UPDATE entity SET erased_at = 1, key = NULL WHERE no = 3", 8),
        ("UPDATE entity SET key = NULL WHERE no = 3", 8),
        ("UPDATE entity SET erased_at = NULL WHERE no = 5", 10),
        ("UPDATE entity SET erased_at = erased_at - 1000000 WHERE no = 5", 10),
        ("UPDATE entity SET org = 0 WHERE no = 4", 9),
        ("UPDATE entity SET org = 77 WHERE no = 4", 9),
        ("UPDATE entity SET kind = 'rule' WHERE no = 4", 9),
        ("UPDATE version SET no = 77 WHERE seq = 6", 6),
        ("UPDATE version SET no = no + 100 WHERE no < 3; UPDATE version SET no = 103 - no WHERE no > 100", 7),
        ("UPDATE head SET seq = 9", 11),
    ];
    let store = filled(&place).await;
    store.close().await;
    let whole = place.saved();
    for (edit, seq) in edits {
        place.behind_the_back(edit);
        let store = place.open().await;
        let bad = store.verify(&[]).await.unwrap().first_bad;
        assert_eq!(bad.as_ref().map(|bad| bad.seq), Some(seq), "{edit}: {bad:?}");
        store.close().await;
        place.put_back(&whole);
    }
    // Whoever closed it signed up to a version that never was, and the record did not hold any more once the edit was undone.
    let stood = place.open().await;
    let before = stood.verify(&[]).await.unwrap().checkpoints;
    stood.close().await;
    place.behind_the_back("UPDATE head SET seq = 11");
    place.open().await.close().await;
    place.behind_the_back("UPDATE head SET seq = 10");
    let store = place.open().await;
    let after = store.verify(&[]).await.unwrap();
    assert_eq!((after.first_bad, after.checkpoints), (None, before));
    // Somebody else's verifier finds an edit of the export, too.
    let export = exported(&store, place.folder.path(), Shown::Bodies).await;
    let text = std::fs::read_to_string(&export).unwrap();
    std::fs::write(&export, text.replacen("note.edit", "note.exit", 1)).unwrap();
    if let Some((holds, said)) = independent(&export, None) {
        assert!(!holds && said.starts_with("bad: 6: its hash does not follow"), "{said}");
    }
    // So it does one of the table that answers for the entities.
    for (told, lie) in
        [("\"seq\":6", "\"seq\":1"), ("\"erased_at_us\":null", "\"erased_at_us\":1"), ("\"kind\":\"note\"", "\"kind\":\"rule\"")]
    {
        let (before, entity) = text.split_at(text.find("{\"entity\":").unwrap());
        let lied = format!("{before}{}", entity.replacen(told, lie, 1));
        assert_ne!(lied, text);
        std::fs::write(&export, lied).unwrap();
        if let Some((holds, said)) = independent(&export, None) {
            assert!(!holds && said.starts_with("bad: "), "{told}: {said}");
        }
    }
    let cut: Vec<&str> = text.lines().filter(|line| !line.contains("\"seq\":10,")).collect();
    std::fs::write(&export, cut.join("\n")).unwrap();
    if let Some((holds, said)) = independent(&export, None) {
        assert!(!holds, "{said}");
    }
}

async fn a_rewritten_history_is_found_by_a_checkpoint_kept_outside(place: Place) {
    let store = filled(&place).await;
    let kept = store.checkpoint().await.unwrap();
    store.close().await;
    // Another history of the same length, made by the same program with the same keys.
    place.forget_everything_but_the_keys();
    let store = filled(&place).await;
    assert_eq!(store.verify(&[]).await.unwrap().first_bad, None);
    let installation = store.checkpoint().await.unwrap().installation;
    assert_ne!(installation, kept.installation);
    let bad = store.verify(std::slice::from_ref(&kept)).await.unwrap().first_bad.unwrap();
    assert!(bad.why.contains("another installation"), "{}", bad.why);
    let forged = Checkpoint { installation, ..kept.clone() };
    let bad = store.verify(std::slice::from_ref(&forged)).await.unwrap().first_bad.unwrap();
    assert_eq!((bad.seq, bad.why.as_str()), (10, "the signature of the checkpoint is false"));
    let export = exported(&store, place.folder.path(), Shown::Chain).await;
    if let Some((holds, said)) = independent(&export, Some(&kept)) {
        assert!(!holds && said.contains("another installation"), "{said}");
    }
}
