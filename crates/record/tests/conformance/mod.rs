//! What every record does, whatever database it stands on: each test runs on both.

mod backup;
mod beside;
mod catalogue;
mod chain;
mod entities;
mod erasure;
mod lists;
mod schema;
mod tenants;
