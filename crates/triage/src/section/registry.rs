//! ⑤ what the subject edited in the registry.

use hikeshi_event::Column;

use super::Rows;
use crate::evidence::snip;
use crate::kind::Kind;
use crate::scope::Scope;

pub(super) fn edited(scope: &Scope<'_>, rows: &mut Rows) {
    for (index, event) in scope.of_kinds(&[Kind::RegistryKey, Kind::RegistrySet, Kind::RegistryRename]) {
        let node = scope.host.processes.acting(index);
        if node.is_some_and(|node| !scope.inner.contains(&node)) {
            continue;
        }
        let path = event.text(Column::RegistryPath).or(event.text(Column::ObjectName));
        let data = event.text(Column::RegistryData).map(snip);
        let (what, weight) = match scope.host.kind(index) {
            Kind::RegistrySet => ("item.registry.set", 10),
            Kind::RegistryRename => ("item.registry.renamed", 5),
            _ if event.activity_id == 4 => ("item.registry.deleted", 2),
            _ => ("item.registry.key", 0),
        };
        let autostart = path.is_some_and(|path| scope.book.fits("autostart_registry", path) || scope.book.fits("defence_registry", path));
        let details = [("path", path), ("data", data.as_deref()), ("new_path", event.text(Column::RegistryNewPath))];
        rows.add(what, &details, node, (index, event.time), weight + 30 * i32::from(autostart));
    }
}
