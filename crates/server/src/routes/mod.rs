//! The routes, one file a resource.

pub(crate) mod alert_files;
pub(crate) mod alerts;
pub(crate) mod answers;
pub(crate) mod api_keys;
pub(crate) mod cases;
pub(crate) mod classification;
pub(crate) mod duty;
pub(crate) mod endpoints;
pub(crate) mod events;
pub(crate) mod exceptions;
pub(crate) mod hunt;
pub(crate) mod jobs;
pub(crate) mod live;
pub(crate) mod me;
pub(crate) mod messages;
pub(crate) mod operation;
pub(crate) mod organizations;
pub(crate) mod people;
pub(crate) mod reference_lists;
pub(crate) mod requests;
pub(crate) mod retainers;
pub(crate) mod rules;
pub(crate) mod search;
pub(crate) mod session;
pub(crate) mod settings;
