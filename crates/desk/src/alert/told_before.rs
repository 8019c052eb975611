//! One detection that comes two ways: as the product's own alert, and as an event of its log that the desk raised. It is one alert; the
//! second telling adds what the first did not know.

use hikeshi_domain::OrganizationId;
use hikeshi_domain::alert::{Alert, AlertState, ProductAlert};
use hikeshi_domain::duplicate::{REPEAT_WINDOW, same_detection};
use hikeshi_record::{Context, Order, PAGE_LIMIT, Query, Stored};

use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::telemetry::host_as_sent;

/// Which way an alert came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// A product sent it.
    Sent,
    /// The desk raised it from events of a product's log.
    Read,
}

impl Way {
    /// How an alert that stands came. The desk names what it read by host and detection (`hikeshi_triage::product_alerts`).
    fn of(desk: &Desk, raised: &ProductAlert) -> Self {
        let read = raised.id.starts_with(&format!("{} ", raised.host.to_lowercase())) && desk.raising.is_product(&raised.product);
        if read { Way::Read } else { Way::Sent }
    }
}

/// The open alert by which this detection was told the other way.
pub(super) async fn told_before(
    desk: &Desk,
    context: &Context,
    org: OrganizationId,
    raised: &ProductAlert,
) -> Result<Option<Stored<Alert>>> {
    let way = Way::of(desk, raised);
    if way == Way::Sent && !desk.raising.has_log(&raised.product) {
        return Ok(None);
    }
    let from = desk.now().saturating_sub(REPEAT_WINDOW).map_err(Error::internal)?;
    let to = desk.now().saturating_add(jiff::SignedDuration::from_secs(1)).map_err(Error::internal)?;
    let hosts = names(&host_as_sent(desk, org, &raised.host).await?.name, &raised.host);
    let query = Query::new().any_of("host", hosts).eq("open", true).between("received_at", from, to).order("received_at", Order::Asc);
    let standing = desk.store.list::<Alert>(context, query.limit(PAGE_LIMIT)).await?.items;
    for known in standing {
        let other = &known.raised;
        let same = match (way, Way::of(desk, other)) {
            (Way::Read, Way::Sent) => desk.raising.same_product(&raised.product, &other.product) && same_detection(raised, other),
            (Way::Sent, Way::Read) => desk.raising.same_product(&other.product, &raised.product) && same_detection(other, raised),
            (Way::Read, Way::Read) | (Way::Sent, Way::Sent) => false,
        };
        if same && !matches!(known.state, AlertState::Closed { .. }) && same_host(desk, org, &raised.host, &other.host).await? {
            return Ok(Some(known));
        }
    }
    Ok(None)
}

/// The names under which a host may stand: as sent, as its events write it, and the short form of that.
fn names(as_events: &str, as_sent: &str) -> Vec<String> {
    let short = as_events.split('.').next().unwrap_or(as_events);
    let mut names = [as_events, as_sent, short].map(str::to_lowercase).to_vec();
    names.sort_unstable();
    names.dedup();
    names
}

async fn same_host(desk: &Desk, org: OrganizationId, one: &str, other: &str) -> Result<bool> {
    if one.eq_ignore_ascii_case(other) {
        return Ok(true);
    }
    let (one, other) = (host_as_sent(desk, org, one).await?, host_as_sent(desk, org, other).await?);
    Ok(one.name.eq_ignore_ascii_case(&other.name))
}
