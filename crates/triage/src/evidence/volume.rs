//! How much was sent where (the second half of E30), as far as a log of this host tells bytes.
//!
//! OCSF network activity tells them by process (`traffic.bytes_out`); Suricata's flow records (`flow.bytes_toserver`) name no process
//! and are held against the calls that the tree made. A sensor elsewhere on the network stands under its own name: its flows are not
//! among the events of this host.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use hikeshi_domain::phrase::Phrase;
use hikeshi_domain::reference_list::ListKind;
use hikeshi_event::{Column, Event};

use super::Evidence;
use super::network::{listed, outward, quiet};
use crate::input::Counted;
use crate::kind::{Kind, Log};
use crate::scope::{Scope, shown_image};

/// What a log calls the bytes that left and that came: OCSF 4001 `traffic`, Suricata's EVE `flow`.
const BYTES: [(&str, &str); 2] = [("traffic.bytes_out", "traffic.bytes_in"), ("flow.bytes_toserver", "flow.bytes_toclient")];
/// So much to one place is large: above what mail takes as attachments and what forms and reports send.
const LARGE_BYTES: u64 = 100_000_000;
/// And it went out rather than in: so many times what came back.
const OUT_TO_IN: u64 = 4;
/// A name that so many endpoints know is no unknown place (as E13).
const WIDE_HOSTS: u64 = 20;

/// What went to one address.
#[derive(Default)]
struct Sent<'a> {
    out: u64,
    back: u64,
    image: String,
    name: Option<&'a str>,
    events: Vec<usize>,
}

/// Whether a log of the host tells how much was sent.
pub(super) fn told(scope: &Scope<'_>) -> bool {
    scope.coverage.has_log(Log::NetworkSensor) || scope.host_events(&[Kind::Network]).any(|(_, event)| bytes(event).is_some())
}

/// Bytes out and in, where the event tells them.
pub(crate) fn bytes(event: &Event<'_>) -> Option<(u64, u64)> {
    let number = |name: &str| event.unmapped(name).and_then(|text| text.parse::<u64>().ok());
    BYTES.iter().find_map(|(out, back)| Some((number(out)?, number(back).unwrap_or(0))))
}

pub(super) fn weigh(scope: &Scope<'_>, members: &BTreeSet<usize>, calls: &[(usize, &Event<'_>)], evidence: &mut Evidence) {
    let mut places: BTreeMap<&str, Sent<'_>> = BTreeMap::new();
    for (index, event) in scope.host_events(&[Kind::Network]) {
        let Some((out, back)) = bytes(event).filter(|_| outward(scope, event) && outside(event)) else { continue };
        let Some(acting) = sender(scope, index, event, members, calls) else { continue };
        if scope.host.is_hub(acting) || quiet(scope, acting) {
            continue;
        }
        let sent = places.entry(event.text(Column::NetworkDstIp).unwrap_or_default()).or_default();
        sent.out = sent.out.saturating_add(out);
        sent.back = sent.back.saturating_add(back);
        sent.image = scope.host.processes.get(acting).map(shown_image).unwrap_or_default();
        sent.name = sent.name.or(event.text(Column::NetworkDstHost));
        sent.events.push(index);
    }
    for (address, sent) in places {
        let large = sent.out >= LARGE_BYTES && sent.out >= sent.back.saturating_mul(OUT_TO_IN);
        if large && !known_place(scope, address, sent.name) {
            let megabytes = (sent.out / 1_000_000).to_string();
            let reason = Phrase::new("finding.E30.volume").with("image", sent.image).with("megabytes", megabytes);
            let reason = reason.with("target", sent.name.unwrap_or(address)).with("back", (sent.back / 1_000_000).to_string());
            evidence.see("E30", reason, sent.events);
        }
    }
}

/// An address beyond the organisation's own networks: what goes to a server of the house is no upload to an unknown place.
fn outside(event: &Event<'_>) -> bool {
    match event.text(Column::NetworkDstIp).and_then(|address| address.parse().ok()) {
        Some(IpAddr::V4(address)) => !(address.is_private() || address.is_link_local() || address.is_multicast() || address.is_broadcast()),
        Some(IpAddr::V6(address)) => !(address.is_unique_local() || address.is_unicast_link_local() || address.is_multicast()),
        None => false,
    }
}

/// The process of the tree that sent it: the log says which, else a call of it to the same port of the same address.
fn sender(scope: &Scope<'_>, index: usize, event: &Event<'_>, members: &BTreeSet<usize>, calls: &[(usize, &Event<'_>)]) -> Option<usize> {
    if let Some(acting) = scope.host.processes.acting(index) {
        return members.contains(&acting).then_some(acting);
    }
    let line = |event: &Event<'_>| (event.text(Column::NetworkDstIp).map(str::to_owned), event.integer(Column::NetworkDstPort));
    let own_port = |event: &Event<'_>| event.integer(Column::NetworkSrcPort);
    let same = |call: &Event<'_>| line(call) == line(event) && (own_port(call) == own_port(event) || own_port(call).is_none());
    calls.iter().find(|(_, call)| same(call)).and_then(|(call, _)| scope.host.processes.acting(*call))
}

/// A list calls it good, or many endpoints of the organisation know the name.
fn known_place(scope: &Scope<'_>, address: &str, name: Option<&str>) -> bool {
    let good = |target: &str| listed(scope, ListKind::Good, target).is_some();
    let wide = |name: &str| {
        let seen = scope.input.prevalence.and_then(|prevalence| prevalence.seen(Counted::Domain, name));
        seen.is_some_and(|seen| seen.hosts >= WIDE_HOSTS)
    };
    good(address) || name.is_some_and(|name| good(name) || wide(name))
}
