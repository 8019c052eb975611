//! Which names mean the same host: the full name in any case, and a short name that only one full name begins with.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::first::FirstHost;

/// The names in the files, and the host that each means.
pub(super) struct Names {
    /// Lower-case name → the name to show.
    shown: BTreeMap<String, String>,
    /// Short name → full names, lower case.
    full: BTreeMap<String, BTreeSet<String>>,
}

impl Names {
    pub(super) fn of<'a>(names: impl Iterator<Item = &'a str>) -> Names {
        let mut sorted: Vec<&str> = names.collect();
        sorted.sort_unstable();
        let mut known = Names { shown: BTreeMap::new(), full: BTreeMap::new() };
        for name in sorted {
            let lower = name.to_lowercase();
            if let Some((short, _)) = lower.split_once('.') {
                known.full.entry(short.to_owned()).or_default().insert(lower.clone());
            }
            known.shown.entry(lower).or_insert_with(|| name.to_owned());
        }
        known
    }

    fn host(&self, name: &str) -> String {
        let lower = name.to_lowercase();
        let full = self.full.get(&lower).filter(|names| names.len() == 1 && !lower.contains('.')).and_then(BTreeSet::first);
        let key = full.unwrap_or(&lower);
        self.shown.get(key).cloned().unwrap_or_else(|| name.to_owned())
    }

    /// The hosts under the names to be shown.
    pub(super) fn join(&self, hosts: HashMap<String, FirstHost>) -> HashMap<String, FirstHost> {
        let mut joined: HashMap<String, FirstHost> = HashMap::new();
        let mut sorted: Vec<(String, FirstHost)> = hosts.into_iter().collect();
        sorted.sort_by(|a, b| a.0.cmp(&b.0));
        for (name, seen) in sorted {
            let host = joined.entry(self.host(&name)).or_default();
            host.coverage.merge(&seen.coverage);
            host.clocks.merge(&seen.clocks);
            host.kept.extend(seen.kept);
            host.aliases.push(name);
        }
        joined
    }
}

/// Whether an alert's name of a host may mean that host: the same, or one is the short name of the other.
pub fn same_host(first: &str, second: &str) -> bool {
    let (first, second) = (first.to_lowercase(), second.to_lowercase());
    let short = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    first == second || (!first.contains('.') || !second.contains('.')) && short(&first) == short(&second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_is_the_only_full_name_that_begins_with_it() {
        let names = Names::of(["PC-1", "pc-1.example.local", "DC.a.local", "DC.b.local", "dc", "PC-1.Example.Local"].into_iter());
        assert_eq!(names.host("PC-1"), names.host("pc-1.EXAMPLE.local"));
        assert_eq!(names.host("dc"), "dc", "two full names: nobody knows which");
        assert!(same_host("PC-1", "pc-1.example.local") && !same_host("pc-1.a", "pc-1.b") && !same_host("pc-1", "pc-2"));
    }
}
