//! Real mails: each is read, and what comes out is sound.

use std::path::{Path, PathBuf};

use hikeshi_mail::Kind;

use crate::letter::{asked, model};

fn folder(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("HIKESHI_SHARED").map(|shared| Path::new(&shared).join("data/mail")).filter(|folder| folder.is_dir());
    if folder.is_none() {
        println!("skipped: needs shared data ({test})");
    }
    folder
}

fn mails(folder: &Path) -> Vec<Vec<u8>> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|ending| ending == "eml")).map(|path| std::fs::read(path).unwrap()).collect()
}

#[test]
fn every_real_mail_is_read_and_none_of_them_is_a_request_by_the_form() {
    let Some(folder) = folder("every_real_mail_is_read") else { return };
    let (mut count, mut empty, mut requests) = (0, 0, 0);
    for kind in ["ham", "phishing"] {
        for bytes in mails(&folder.join(kind)) {
            let (mail, asked) = (model(&bytes), asked(&bytes));
            assert!(!mail.headers.is_empty() && !mail.parts.is_empty());
            count += 1;
            empty += usize::from(mail.body().text.trim().is_empty());
            requests += usize::from(asked.kind == Kind::ServiceRequest);
        }
    }
    assert!(count > 400, "{count} mails");
    assert!(empty * 20 < count, "{empty} of {count} without text");
    assert!(requests * 10 < count, "{requests} of {count} taken for requests");
}
