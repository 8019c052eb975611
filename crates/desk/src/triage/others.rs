//! What other products say of an alert's file: their alerts on the same host.

use hikeshi_domain::alert::{Alert, ProductAlert, host_label};
use hikeshi_domain::told::NEAR;
use hikeshi_record::{Context, Order, Query};
use hikeshi_triage::LOOK_BACK;
use jiff::SignedDuration;

use super::OWN_PRODUCT;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::telemetry::HostNames;

/// Most alerts on the same hash that are asked, the latest first.
const MOST_ON_HASH: u32 = 50;
/// Most alerts of the same minutes.
const MOST_NEAR: u32 = 100;

/// Alerts of the host, under any of its names, on the same hash within the time that a report looks back, and those of the same minutes, which may name the file
/// by its path. What the desk raised by itself is no product's word.
pub(super) async fn others(desk: &Desk, context: &Context, alert: &Alert) -> Result<Vec<ProductAlert>> {
    let Some(file) = &alert.raised.file else { return Ok(Vec::new()) };
    let from = alert.received_at.saturating_sub(LOOK_BACK).map_err(Error::internal)?;
    let around = |apart: SignedDuration| alert.raised.detected_at.saturating_add(apart).map_err(Error::internal);
    let on_host = || Query::new().eq("host_label", host_label(&alert.raised.host));
    let near = on_host().between("detected_at", around(-NEAR)?, around(NEAR)?);
    let mut queries = vec![near.order("received_at", Order::Desc).limit(MOST_NEAR)];
    for (kind, hash) in [("sha256", &file.sha256), ("sha1", &file.sha1), ("md5", &file.md5)] {
        let Some(hash) = hash else { continue };
        let same = on_host().eq(kind, hash.trim().to_lowercase()).at_least("received_at", from);
        queries.push(same.order("received_at", Order::Desc).limit(MOST_ON_HASH));
    }
    let hosts = HostNames::load(desk, alert.org, &alert.raised.host).await?;
    let of_product = |other: &Alert| other.id != alert.id && other.raised.product != OWN_PRODUCT;
    let mut found = Vec::new();
    for query in queries {
        let page = desk.store.list::<Alert>(context, query).await?.items;
        let products = page.into_iter().filter(|other| of_product(other) && hosts.same_host(&alert.raised.host, &other.raised.host));
        found.extend(products.map(|other| other.entity.raised));
    }
    // The same alerts give the same words, whichever was received last.
    found.sort_by(|a, b| (a.detected_at, &a.product, &a.id).cmp(&(b.detected_at, &b.product, &b.id)));
    Ok(found)
}
