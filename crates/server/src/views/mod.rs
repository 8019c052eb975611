//! What the API tells of an entity: names for ids, phrases in the reader's language.

pub(crate) mod act;
pub(crate) mod alert;
pub(crate) mod case;
pub(crate) mod evidence;
pub(crate) mod person;
pub(crate) mod request;
pub(crate) mod triage;
pub(crate) mod word;
