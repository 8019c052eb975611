//! ③ What the subject started: children, threads in others, scripts, services and tasks.

use hikeshi_event::{Column, Event};

use super::chain::order_name;
use super::{ByEvent, Rows};
use crate::evidence::snip;
use crate::kind::Kind;
use crate::scope::Scope;

pub(super) fn started(scope: &Scope<'_>, by_event: &ByEvent, rows: &mut Rows) {
    for member in &scope.inner {
        let Some(known) = scope.host.processes.get(*member) else { continue };
        let of_tree = known.parent.is_some_and(|parent| scope.inner.contains(&parent));
        if *member == scope.process.unwrap_or(usize::MAX) || !of_tree {
            continue;
        }
        let pid = known.pid.map(|pid| pid.to_string());
        let details = [
            ("image", known.image),
            ("command_line", known.command_line),
            ("user", known.user),
            ("pid", pid.as_deref()),
            ("sha256", known.sha256),
        ];
        let given =
            details.iter().filter_map(|(name, value)| Some(((*name).to_owned(), value.filter(|value| !value.is_empty())?.to_owned())));
        let time = known.started_at.unwrap_or(known.first_seen_at);
        rows.add_row("item.process", given.collect(), Some(*member), (known.event, time), 20);
    }
    let kinds =
        [Kind::RemoteThread, Kind::Tampering, Kind::ProcessAccess, Kind::Script, Kind::ServiceInstall, Kind::Task, Kind::WmiSubscription];
    for (index, event) in scope.of_kinds(&kinds) {
        done(scope, by_event, index, event, rows);
    }
    if scope.process.is_none() {
        speechless(scope, rows);
    }
}

fn done(scope: &Scope<'_>, by_event: &ByEvent, index: usize, event: &Event<'_>, rows: &mut Rows) {
    let node = scope.host.processes.acting(index);
    if node.is_some_and(|node| !scope.inner.contains(&node)) {
        return;
    }
    let at = (index, event.time);
    match scope.host.kind(index) {
        Kind::RemoteThread => {
            rows.add("item.thread", &[("target", event.text(Column::TargetImage))], node, at, 30);
        }
        Kind::Tampering => rows.add("item.tampering", &[("image", event.text(Column::ProcessImage))], node, at, 30),
        Kind::ProcessAccess if by_event.contains_key(&index) => {
            let details = [("target", event.text(Column::TargetImage)), ("access", event.text(Column::GrantedAccess))];
            rows.add("item.access", &details, node, at, 30);
        }
        Kind::Script => {
            let text = event.text(Column::ScriptText).map(snip);
            if text.is_some() {
                rows.add("item.script", &[("script", text.as_deref()), ("path", event.text(Column::ScriptPath))], node, at, 5);
            }
        }
        kind @ (Kind::ServiceInstall | Kind::Task | Kind::WmiSubscription) => {
            let name = event.text(Column::ServiceName).or(event.text(Column::TaskName)).or(event.text(Column::ObjectName));
            let what = event.text(Column::ServiceImage).or(event.text(Column::TaskContent)).or(event.text(Column::ScriptText)).map(snip);
            rows.add(order_name(kind), &[("name", name), ("command_line", what.as_deref())], node, at, 30);
        }
        _ => {}
    }
}

/// Where no process is known, the matched events themselves are what was done.
fn speechless(scope: &Scope<'_>, rows: &mut Rows) {
    for index in &scope.events {
        let Some(event) = scope.host.event(*index) else { continue };
        let known = matches!(
            scope.host.kind(*index),
            Kind::ServiceInstall
                | Kind::Task
                | Kind::WmiSubscription
                | Kind::Script
                | Kind::Network
                | Kind::Dns
                | Kind::FileCreate
                | Kind::RegistrySet
        );
        if known {
            continue;
        }
        let id = event.event_id.to_string();
        let details = [
            ("channel", Some(event.channel.as_ref())),
            ("event_id", Some(id.as_str())),
            ("user", event.text(Column::UserName)),
            ("target_user", event.text(Column::TargetUserName)),
            ("object", event.text(Column::ObjectName)),
            ("share", event.text(Column::ShareName)),
            ("source", event.text(Column::NetworkSrcIp)),
            ("detection", event.text(Column::DetectionName)),
            ("path", event.text(Column::FilePath)),
        ];
        rows.add("item.event", &details, None, (*index, event.time), 10);
    }
}
