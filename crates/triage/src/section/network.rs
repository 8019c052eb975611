//! ⑦ with whom the subject spoke.

use hikeshi_event::Column;

use super::Rows;
use crate::kind::Kind;
use crate::scope::Scope;

pub(super) fn network(scope: &Scope<'_>, rows: &mut Rows) {
    for (index, event) in scope.of_kinds(&[Kind::Network, Kind::Dns, Kind::PipeConnect, Kind::PipeCreate]) {
        let node = scope.host.processes.acting(index);
        if node.is_some_and(|node| !scope.inner.contains(&node)) {
            continue;
        }
        let at = (index, event.time);
        match scope.host.kind(index) {
            Kind::Dns => {
                rows.add("item.dns", &[("query", event.text(Column::DnsQuery)), ("answers", event.text(Column::DnsAnswers))], node, at, 10);
            }
            Kind::Network => {
                let port = event.integer(Column::NetworkDstPort).map(|port| port.to_string());
                let address = event.text(Column::NetworkDstIp);
                let own = address.is_some_and(|address| scope.book.fits("own_addresses", address));
                let details = [
                    ("destination", address),
                    ("port", port.as_deref()),
                    ("host", event.text(Column::NetworkDstHost)),
                    ("protocol", event.text(Column::NetworkProtocol)),
                    ("url", event.text(Column::NetworkUrl)),
                    ("direction", event.text(Column::NetworkDirection)),
                ];
                rows.add("item.network", &details, node, at, if own { 0 } else { 20 });
            }
            _ => {
                let what = if scope.host.kind(index) == Kind::PipeCreate { "item.pipe.created" } else { "item.pipe.connected" };
                rows.add(what, &[("pipe", event.text(Column::PipeName))], node, at, 1);
            }
        }
    }
}
