//! What to search for elsewhere: hashes, addresses, names, paths and settings that the findings rest on.

use std::collections::{BTreeMap, BTreeSet};

use hikeshi_domain::triage::Indicator;
use hikeshi_event::Column;

use crate::kind::Kind;
use crate::path::inside_volume;
use crate::scope::Scope;

/// So many are shown at most.
const MOST: usize = 100;

/// The indicators of the scope, by kind and value.
pub(crate) fn indicators(scope: &Scope<'_>, by_event: &BTreeMap<usize, Vec<String>>) -> Vec<Indicator> {
    let mut found: BTreeSet<Indicator> = BTreeSet::new();
    let mut add = |kind: &str, value: Option<&str>| {
        if let Some(value) = value.map(str::trim).filter(|value| !value.is_empty() && *value != "-") {
            found.insert(Indicator { kind: kind.to_owned(), value: value.to_owned() });
        }
    };
    let ordinary = |path: &str| scope.book.fits("program_places", inside_volume(path));
    if scope.subject.image.as_deref().is_some_and(|path| !ordinary(path)) {
        add("path", scope.subject.image.as_deref());
        add("sha256", scope.subject.sha256.as_deref());
    }
    for (_, process) in scope.processes() {
        if process.image.is_some_and(|image| image.contains('\\') && !ordinary(image)) {
            add("path", process.image);
            add("sha256", process.sha256.map(str::to_lowercase).as_deref());
        }
    }
    for index in by_event.keys() {
        let Some(event) = scope.host.event(*index) else { continue };
        match scope.host.kind(*index) {
            Kind::Network => {
                let address = event.text(Column::NetworkDstIp).filter(|address| !scope.book.fits("own_addresses", address));
                add("ip", address);
                add("domain", event.text(Column::NetworkDstHost).filter(|host| host.contains('.')));
                add("url", event.text(Column::NetworkUrl));
            }
            Kind::Dns => add("domain", event.text(Column::DnsQuery)),
            Kind::RegistrySet => add("registry", event.text(Column::RegistryPath)),
            Kind::FileCreate | Kind::FileStream | Kind::FileExecutable => {
                add("path", event.text(Column::FilePath));
                add("sha256", event.text(Column::FileSha256).map(str::to_lowercase).as_deref());
            }
            _ => {}
        }
    }
    found.into_iter().take(MOST).collect()
}
