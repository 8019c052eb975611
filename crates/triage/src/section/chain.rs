//! ② What led to the subject: its parents from the first on, who was logged on, which service or task started it.

use hikeshi_domain::triage::NodeOrigin;
use hikeshi_event::Column;

use super::Rows;
use crate::kind::Kind;
use crate::path::lower_name;
use crate::scope::Scope;

pub(super) fn chain(scope: &Scope<'_>, rows: &mut Rows) {
    rows.ordered = true;
    let Some(process) = scope.process else { return };
    let mut path = scope.host.processes.ancestors(process);
    path.reverse();
    path.push(process);
    logon(scope, process, rows);
    for (place, &member) in path.iter().enumerate() {
        let Some(known) = scope.host.processes.get(member) else { continue };
        let what = match known.origin {
            NodeOrigin::Recorded => "item.process",
            NodeOrigin::FromChild => "item.process.from_child",
            NodeOrigin::FromActivity => "item.process.from_activity",
        };
        let pid = known.pid.map(|pid| pid.to_string());
        let details = [
            ("image", known.image),
            ("command_line", known.command_line),
            ("user", known.user),
            ("pid", pid.as_deref()),
            ("sha256", known.sha256),
        ];
        let time = known.started_at.unwrap_or(known.first_seen_at);
        let given =
            details.iter().filter_map(|(name, value)| Some(((*name).to_owned(), value.filter(|value| !value.is_empty())?.to_owned())));
        // What is known from its child only is shown by the child's record.
        let child = place.checked_add(1).and_then(|next| path.get(next)).and_then(|next| scope.host.processes.get(*next));
        let event = known.event.or_else(|| child.and_then(|child| child.event));
        rows.add_row(what, given.collect(), Some(member), (event, time), 0);
    }
    orders(scope, process, rows);
}

/// The logon in whose session the subject ran.
fn logon(scope: &Scope<'_>, process: usize, rows: &mut Rows) {
    let Some(session) = scope.host.processes.get(process).and_then(|known| known.logon) else { return };
    for (index, event) in scope.host_events(&[Kind::Logon]) {
        if event.text(Column::LogonId).is_some_and(|id| id.eq_ignore_ascii_case(session)) {
            let kind = event.integer(Column::LogonType).map(|kind| kind.to_string());
            let details = [
                ("user", event.text(Column::TargetUserName)),
                ("logon_type", kind.as_deref()),
                ("source", event.text(Column::NetworkSrcIp)),
            ];
            rows.add("item.logon", &details, None, (index, event.time), 0);
        }
    }
}

/// Services and tasks that name an image of the chain.
fn orders(scope: &Scope<'_>, process: usize, rows: &mut Rows) {
    let Some(image) = scope.host.processes.get(process).and_then(|known| known.image).map(lower_name) else { return };
    for (index, event) in scope.host_events(&[Kind::ServiceInstall, Kind::Task]) {
        let what = event.text(Column::ServiceImage).or(event.text(Column::TaskContent)).unwrap_or_default();
        if image.len() > 4 && what.to_lowercase().contains(&image) {
            let name = event.text(Column::ServiceName).or(event.text(Column::TaskName));
            rows.add(order_name(scope.host.kind(index)), &[("name", name), ("command_line", Some(what))], None, (index, event.time), 0);
        }
    }
}

pub(super) const fn order_name(kind: Kind) -> &'static str {
    match kind {
        Kind::ServiceInstall => "item.service",
        Kind::Task => "item.task",
        _ => "item.wmi",
    }
}
