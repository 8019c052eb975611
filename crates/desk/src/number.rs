//! References for people: `FR-20261121-0007`. Numbers of a day, per organisation, with no gap.

use hikeshi_domain::OrganizationId;
use hikeshi_domain::organization::Organization;
use hikeshi_record::{Change, Context};
use jiff::tz::TimeZone;

use crate::desk::Desk;
use crate::error::Result;

/// The next number of a series; it is ours once the change that takes it is committed.
pub(crate) struct Number {
    series: String,
    number: u64,
    /// As people read it.
    pub(crate) reference: String,
}

impl Number {
    /// The change that takes the number: it fails if somebody else was faster.
    pub(crate) fn taken_by(&self, change: Change) -> Change {
        change.take_number(&self.series, self.number)
    }
}

/// The next number of today, in the organisation's zone.
pub(crate) async fn next(desk: &Desk, context: &Context, org: OrganizationId, prefix: &str) -> Result<Number> {
    let organization = desk.store.get::<Organization>(context, org.0).await?;
    let zone = TimeZone::get(&organization.time_zone).unwrap_or(TimeZone::UTC);
    let day = desk.now().to_zoned(zone).strftime("%Y%m%d").to_string();
    let series = format!("{prefix}-{day}");
    let number = desk.store.next_number(context, Some(org), &series).await?;
    Ok(Number { reference: format!("{prefix}-{day}-{number:04}"), series, number })
}
