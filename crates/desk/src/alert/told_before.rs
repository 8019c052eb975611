//! One detection that comes two ways: as the product's own alert, and as an event of its log that the desk raised. It is one alert; the
//! second telling adds what the first did not know.

use hikeshi_domain::alert::{Alert, ProductAlert, host_label};
use hikeshi_domain::duplicate::REPEAT_WINDOW;
use hikeshi_domain::told::{NEAR, NEAR_BY_ID, Sameness, Way, guids_in, has_room_for, same_detection};
use hikeshi_domain::{AlertId, OrganizationId};
use hikeshi_record::{Change, Context, Order, PAGE_LIMIT, Query, Stored};
use jiff::{SignedDuration, Timestamp};

use super::receive::identity;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::telemetry::HostNames;

/// Longest name of a series of turns, in characters: names of hosts that are longer take turns with those that begin alike.
const LONGEST_SERIES: usize = 255;

/// Where a telling meets what stands.
pub(super) enum Meeting {
    /// This very telling came before, and became this alert or was added to it.
    Itself(AlertId),
    /// The detection was told the other way; the alert is open.
    OtherWay(Box<Stored<Alert>>),
    /// Nothing of it is known.
    Nothing,
}

/// Which way an alert came, by what it says of itself. The desk names what it read by host and detection (`hikeshi_triage::product_alerts`).
pub(super) fn way_of(desk: &Desk, raised: &ProductAlert) -> Way {
    let read = raised.id.starts_with(&format!("{} ", raised.host.to_lowercase())) && desk.raising.is_product(&raised.product);
    if read { Way::Read } else { Way::Sent }
}

/// Whether its product may tell of one detection both ways.
pub(super) fn comes_two_ways(desk: &Desk, raised: &ProductAlert, way: Way) -> bool {
    way == Way::Read || desk.raising.has_log(&raised.product)
}

/// What stands of this telling, or of its detection.
pub(super) async fn meeting(desk: &Desk, context: &Context, org: OrganizationId, raised: &ProductAlert, way: Way) -> Result<Meeting> {
    if let Some(holder) = desk.store.key_holder(context, Some(org), "alert", &identity(raised)).await? {
        return holder.parse().map(|id| Meeting::Itself(AlertId(id))).map_err(Error::internal);
    }
    let standing = standing(desk, context, raised).await?;
    let mut same: Vec<_> = standing.into_iter().filter_map(|known| Some((sameness(desk, raised, way, &known)?, known))).collect();
    let apart = |known: &Alert| known.raised.detected_at.duration_since(raised.detected_at).abs();
    same.sort_by_key(|(sameness, known)| (*sameness, apart(known), known.id));
    if same.is_empty() {
        return Ok(Meeting::Nothing);
    }
    let hosts = HostNames::load(desk, org, &raised.host).await?;
    let known = same.into_iter().map(|(_, known)| known).find(|known| hosts.same_host(&raised.host, &known.raised.host));
    Ok(known.map_or(Meeting::Nothing, |known| Meeting::OtherWay(Box::new(known))))
}

/// Open alerts of the host that may be of the same detection: those whose id shares a GUID, and those of the same minutes. Not all that are
/// open: on a noisy host that would be thousands for each telling.
async fn standing(desk: &Desk, context: &Context, raised: &ProductAlert) -> Result<Vec<Stored<Alert>>> {
    let from = desk.now().saturating_sub(REPEAT_WINDOW).map_err(Error::internal)?;
    let open = || Query::new().eq("host_label", host_label(&raised.host)).eq("open", true).at_least("received_at", from);
    let around = |apart: SignedDuration| {
        let ends = [raised.detected_at.checked_sub(apart), raised.detected_at.checked_add(apart)];
        let [least, bound] = ends.map(|end| end.ok());
        (
            least.unwrap_or(Timestamp::MIN),
            bound.and_then(|at| at.checked_add(SignedDuration::from_micros(1)).ok()).unwrap_or(Timestamp::MAX),
        )
    };
    let (least, bound) = around(NEAR_BY_ID);
    let named = open().any_of("id_guid", guids_in(&raised.id)).between("detected_at", least, bound);
    let (least, bound) = around(NEAR);
    let near = open().between("detected_at", least, bound);
    let mut found: Vec<Stored<Alert>> = Vec::new();
    for query in [named, near] {
        // The latest: on a host of more open alerts than a page holds, the other telling is of a moment ago.
        let page = desk.store.list::<Alert>(context, query.order("received_at", Order::Desc).limit(PAGE_LIMIT)).await?.items;
        found.extend(page.into_iter().filter(|alert| found.iter().all(|known| known.id != alert.id)).collect::<Vec<_>>());
    }
    Ok(found)
}

/// By what the alert that stands is of the same detection, told the other way.
fn sameness(desk: &Desk, raised: &ProductAlert, way: Way, known: &Alert) -> Option<Sameness> {
    let (event, alert) = match (way, way_of(desk, &known.raised)) {
        (Way::Read, Way::Sent) => (raised, &known.raised),
        (Way::Sent, Way::Read) => (&known.raised, raised),
        (Way::Read, Way::Read) | (Way::Sent, Way::Sent) => return None,
    };
    let same = desk.raising.same_product(&event.product, &alert.product).then(|| same_detection(event, alert))?;
    same.filter(|sameness| has_room_for(known, way, *sameness))
}

/// A turn at the alerts of one host, under any of its names. It is given out before looking; the change that takes it fails if another was
/// faster, so that two tellings of one moment do not both find nothing.
pub(super) struct Turn {
    series: String,
    number: u64,
}

impl Turn {
    /// The next one.
    pub(super) async fn next(desk: &Desk, context: &Context, org: OrganizationId, host: &str) -> Result<Self> {
        let series: String = format!("alert-of/{}", host_label(host)).chars().take(LONGEST_SERIES).collect();
        let number = desk.store.next_number(context, Some(org), &series).await?;
        Ok(Turn { series, number })
    }

    /// The change that takes it.
    pub(super) fn taken_by(&self, change: Change) -> Change {
        change.take_number(&self.series, self.number)
    }
}
