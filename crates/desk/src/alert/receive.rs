//! An alert comes in: the clock starts, the endpoint is known, triage is due.

use hikeshi_access::{Action, Caller, permit};
use hikeshi_domain::alert::{Alert, AlertFile, AlertState, ProductAlert};
use hikeshi_domain::clock::Duty;
use hikeshi_domain::endpoint::{BlockMode, Endpoint};
use hikeshi_domain::entity::Entity;
use hikeshi_domain::organization::Organization;
use hikeshi_domain::told::{Told, Way, completed, continued};
use hikeshi_domain::{AlertId, EndpointId, OrganizationId};
use hikeshi_record::{Change, Context, Expect, Job, Query, Stored};
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::told_before::{Meeting, Turn, comes_two_ways, meeting, way_of};
use crate::desk::{Desk, context};
use crate::error::{Error, ErrorKind, Result};
use crate::names::japanese_name;
use crate::triage::{self, TRIAGE_QUEUE, TriageJob};

/// Longest text that an alert may carry in one of its fields, in characters.
const LONGEST_TEXT: usize = 4_096;

/// How often is looked again where others are faster. Each time one of them gets on.
const TRIES: u32 = 32;

/// What became of an alert that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// It is new.
    New(AlertId),
    /// The product sent it before, or its log told of it.
    Again(AlertId),
}

/// Receives an alert of a product. The same alert sent again (organisation, product, host, the product's id) changes nothing; one that
/// tells what the product's log told, or the other way round, is added to the alert that stands ([`meeting`]).
///
/// # Errors
/// `Invalid` where it names no host, product or id, or a hash is none.
pub async fn receive(desk: &Desk, caller: &Caller, org: OrganizationId, raised: ProductAlert) -> Result<Received> {
    let permit = permit(caller, Action::ReceiveAlerts, org)?;
    let raised = checked(raised)?;
    let context = context(&permit).within(org);
    let way = way_of(desk, &raised);
    if !comes_two_ways(desk, &raised, way) {
        return create(desk, &context, org, &raised, None).await;
    }
    for _ in 0..TRIES {
        let turn = Turn::next(desk, &context, org, &raised.host).await?;
        let outcome = match meeting(desk, &context, org, &raised, way).await? {
            Meeting::Itself(alert) => told_further(desk, &context, alert, &raised, way).await,
            Meeting::OtherWay(known) => told_again(desk, &context, &known, &raised, way).await,
            Meeting::Nothing => create(desk, &context, org, &raised, Some(&turn)).await,
        };
        match outcome {
            // Somebody was faster: what stands is looked at again, also whether it is still open.
            Err(error) if error.kind() == ErrorKind::Conflict => {}
            outcome => return outcome,
        }
    }
    // Rather two alerts than none.
    create(desk, &context, org, &raised, None).await
}

/// A new alert, which takes the turn; without one, the same telling made meanwhile is the answer.
async fn create(desk: &Desk, context: &Context, org: OrganizationId, raised: &ProductAlert, turn: Option<&Turn>) -> Result<Received> {
    let alert = fresh(desk, context, org, raised.clone()).await?;
    let job = Job::new(TRIAGE_QUEUE, &TriageJob::first(alert.id));
    let received = || {
        let change = Change::new("alert.receive", "").claim_key("alert", &identity(raised), alert.id);
        let change = change.put(&alert, Expect::New).enqueue(job.clone());
        match turn {
            Some(turn) => turn.taken_by(change),
            None => change,
        }
    };
    let mut outcome = desk.store.change(context, seen(desk, context, received(), &alert).await?).await;
    // Of two first alerts of a new host, the other made the endpoint known.
    if matches!(&outcome, Err(hikeshi_record::Error::Claimed { namespace, .. }) if namespace == "endpoint") {
        outcome = desk.store.change(context, received()).await;
    }
    match outcome {
        Ok(_) => {
            desk.tell(Alert::KIND, alert.id.0, Some(org));
            desk.metrics.alerts_received.inc();
            Ok(Received::New(alert.id))
        }
        Err(hikeshi_record::Error::Claimed { holder, namespace, .. }) if namespace == "alert" && turn.is_none() => {
            holder.parse().map(|id| Received::Again(AlertId(id))).map_err(Error::internal)
        }
        Err(error) => Err(error.into()),
    }
}

/// The alert as it begins.
async fn fresh(desk: &Desk, context: &Context, org: OrganizationId, raised: ProductAlert) -> Result<Alert> {
    let organization = desk.store.get::<Organization>(context, org.0).await?;
    let now = desk.now();
    let zone = TimeZone::get(&organization.time_zone).unwrap_or(TimeZone::UTC);
    Ok(Alert {
        id: AlertId(Uuid::now_v7()),
        org,
        received_at: now,
        due_at: desk.clocks.due(Duty::FlashReport, now, &zone).at,
        state: AlertState::Received,
        verdict: None,
        score: None,
        overridden: None,
        assignee: None,
        case: None,
        repeats: 0,
        told: None,
        black_told_at: None,
        drill: organization.drill.is_some(),
        execution: None,
        name_ja: japanese_name(&desk.telemetry.japanese, &raised).map(str::to_owned),
        also_told: Vec::new(),
        answers: Vec::new(),
        raised,
    })
}

/// The same detection by the other way: the alert lists it, learns what it did not know, and is looked at again if that is anything.
async fn told_again(desk: &Desk, context: &Context, known: &Stored<Alert>, raised: &ProductAlert, way: Way) -> Result<Received> {
    let mut alert = Alert { raised: completed(&known.raised, raised), ..known.entity.clone() };
    alert.list_told(Told {
        way,
        id: raised.id.clone(),
        product: raised.product.clone(),
        name: raised.name.clone(),
        detected_at: raised.detected_at,
        received_at: desk.now(),
    });
    let change = Change::new("alert.told_again", "").claim_key("alert", &identity(raised), known.id);
    keep_told(desk, context, change, known, alert).await
}

/// The same telling again. A product that sends it twice adds nothing; in its log, a later event says what was done in the end.
async fn told_further(desk: &Desk, context: &Context, known: AlertId, raised: &ProductAlert, way: Way) -> Result<Received> {
    if way == Way::Sent {
        return Ok(Received::Again(known));
    }
    let known = match desk.store.get::<Alert>(context, known.0).await {
        Ok(known) => known,
        Err(hikeshi_record::Error::NotFound { .. } | hikeshi_record::Error::Erased { .. }) => return Ok(Received::Again(known)),
        Err(error) => return Err(error.into()),
    };
    let whole = match way_of(desk, &known.raised) {
        Way::Read => continued(&known.raised, raised),
        Way::Sent => completed(&known.raised, raised),
    };
    if whole == known.raised {
        return Ok(Received::Again(known.id));
    }
    let alert = Alert { raised: whole, ..known.entity.clone() };
    keep_told(desk, context, Change::new("alert.told_further", ""), &known, alert).await
}

async fn keep_told(desk: &Desk, context: &Context, change: Change, known: &Stored<Alert>, alert: Alert) -> Result<Received> {
    let mut change = change.put(&alert, known.expect());
    if alert.raised != known.raised {
        change = change.enqueue(triage::told_again(&alert));
    }
    desk.store.change(context, change).await?;
    desk.tell(Alert::KIND, known.id.0, Some(known.org));
    Ok(Received::Again(known.id))
}

/// Names an alert as its product does: product, host, id. Each part tells its length, so that no two alerts share a name; hosts are part of
/// it, since many products number the alerts of each host on its own.
pub(super) fn identity(raised: &ProductAlert) -> String {
    let host = raised.host.to_lowercase();
    [raised.product.as_str(), &host, &raised.id].map(|part| format!("{}:{part}", part.len())).concat()
}

/// Notes that the endpoint was heard of, and makes it known if it is new.
async fn seen(desk: &Desk, context: &Context, change: Change, alert: &Alert) -> Result<Change> {
    let query = Query::new().eq("host", alert.raised.host.to_lowercase()).limit(1);
    let known = desk.store.list::<Endpoint>(context, query).await?.items.into_iter().next();
    Ok(match known {
        Some(_) => change,
        None => {
            let endpoint = Endpoint {
                id: EndpointId(Uuid::now_v7()),
                org: alert.org,
                host: alert.raised.host.clone(),
                first_seen_at: alert.received_at,
                last_seen_at: alert.received_at,
                block_mode: BlockMode::Unknown,
                serves: false,
                note: String::new(),
                retired: None,
            };
            change.claim_key("endpoint", &endpoint.host.to_lowercase(), endpoint.id).put(&endpoint, Expect::New)
        }
    })
}

fn checked(mut raised: ProductAlert) -> Result<ProductAlert> {
    for (field, text) in [("id", &mut raised.id), ("host", &mut raised.host), ("product", &mut raised.product), ("name", &mut raised.name)]
    {
        *text = text.trim().to_owned();
        if text.is_empty() && field != "name" {
            return Err(Error::invalid("error.alert_field_missing").with("field", field));
        }
        if text.chars().count() > LONGEST_TEXT {
            return Err(Error::invalid("error.field_too_long").with("field", field).with("most", LONGEST_TEXT.to_string()));
        }
    }
    raised.file = raised.file.map(checked_file).transpose()?;
    Ok(raised)
}

fn checked_file(mut file: AlertFile) -> Result<AlertFile> {
    for (field, digits, hash) in [("sha256", 64, &mut file.sha256), ("sha1", 40, &mut file.sha1), ("md5", 32, &mut file.md5)] {
        *hash = hash.take().map(|text| text.trim().to_ascii_lowercase()).filter(|text| !text.is_empty());
        if let Some(text) = hash
            && (text.len() != digits || !text.bytes().all(|byte| byte.is_ascii_hexdigit()))
        {
            return Err(Error::invalid("error.hash_malformed").with("field", field).with("digits", digits.to_string()));
        }
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(product: &str, host: &str, id: &str) -> String {
        let raised = serde_json::json!({"id": id, "host": host, "detected_at": "2026-11-21T03:08:12Z", "source_kind": "endpoint",
            "product": product, "name": "n", "action": "detected"});
        identity(&serde_json::from_value(raised).unwrap())
    }

    #[test]
    fn no_two_alerts_share_a_name() {
        assert_ne!(named("AV", "pc", "Pro 1"), named("AV Pro", "pc", "1"));
        assert_ne!(named("AV", "pc", "1"), named("AV", "pc-2", "1"));
        assert_ne!(named("AV", "pc", "3:a1:b"), named("AV", "pc3:a", "1:b"));
        assert_eq!(named("AV", "PC", "1"), named("AV", "pc", "1"));
    }
}
