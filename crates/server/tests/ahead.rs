//! A host whose clock is hours ahead, as where local time is sent as UTC: what it did is found all the same.

use hikeshi_desk::open::Open;
use hikeshi_domain::role::Role;
use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::fixture::Fixture;
use crate::listed::{LIST, start};
use crate::raising::{defender, opened, organization, send, shadow_copies_deleted, until};
use crate::reference_lists::{HASH, add};

/// The same event by a clock of Japan that calls itself UTC.
fn ahead(mut event: Value) -> Value {
    let time = (Timestamp::now() + SignedDuration::from_hours(9)).to_string();
    for field in ["TimeCreated", "UtcTime"] {
        if event.get(field).is_some() {
            event[field] = json!(time);
        }
    }
    event
}

/// The window that was looked at ended a minute from now: nothing was raised, and nothing waited for it.
#[tokio::test(flavor = "multi_thread")]
async fn what_rules_and_products_find_by_a_clock_nine_hours_ahead_is_raised() {
    let folder = tempfile::tempdir().unwrap();
    let Open { desk, background: _working } = opened(folder.path()).await;
    let org = organization(&desk).await;
    send(&desk, org, &[ahead(defender(1, 1116, "Not Applicable")), ahead(shadow_copies_deleted(2))]).await;
    let raised = until(&desk, org, 2).await;
    let products: Vec<&str> = raised.iter().map(|alert| alert.product.as_str()).collect();
    assert_eq!(products, ["Hikeshi", "Microsoft Defender"]);
}

/// The search of the past ended at the present.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_list_is_looked_for_in_events_of_a_clock_nine_hours_ahead() {
    let fixture = Fixture::start().await;
    let ours = fixture.organization("ours").await;
    let analyst = fixture.visitor(Role::Analyst, Some(ours)).await;
    send(&fixture.desk, ours, &[ahead(start("PC-1", "{11111111-0000-0000-0000-000000000001}", HASH))]).await;
    assert_eq!(add(&fixture, &analyst, Some(ours), "bad", LIST).await.0, StatusCode::CREATED);
    let raised = until(&fixture.desk, ours, 1).await;
    assert_eq!(raised[0].name, format!("abuse: {HASH} (Emotet)"));
}
