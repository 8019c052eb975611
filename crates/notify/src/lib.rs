//! How a message leaves the desk. Mail by SMTP; further channels stand beside it under equal names.
//!
//! Knows nothing of why a message is sent, and keeps nothing: the outbox is the record's, retrying the desk's.

pub mod mail;
