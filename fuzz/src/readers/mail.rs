//! Mails: read, and asked what they ask.

use std::path::Path;
use std::sync::LazyLock;

use hikeshi_domain::playbook::Files;
use hikeshi_mail::{Book, Limits, intake, read};

static BOOK: LazyLock<Book> = LazyLock::new(|| Book::load(&Files::shipped()).expect("the shipped book"));

/// Reads a mail and what it asks. Counts its parts.
pub(crate) fn mail(bytes: &[u8], _: &Path) -> u64 {
    let limits = Limits { parts: 100, ..Limits::default() };
    let mail = read(bytes, &limits);
    assert!(mail.parts.len() <= limits.parts && mail.defects.len() <= limits.defects, "more than the limits allow");
    assert!(mail.parts.iter().enumerate().all(|(index, part)| part.message.is_none_or(|outer| outer < index)), "a part before its mail");
    let asked = intake(&mail, &BOOK);
    assert!(asked.organization.as_deref().is_none_or(|name| !name.trim().is_empty()), "an organisation without a name");
    assert!(
        asked.scoping_call.wished.as_deref().is_none_or(|wished| wished.parse::<jiff::Timestamp>().is_ok()),
        "{:?}",
        asked.scoping_call
    );
    mail.parts.len() as u64
}
