//! The lake, the questions asked of it, and the rules that watch what comes in.

use std::collections::HashMap;
use std::sync::Arc;

use hikeshi_detect::{Refusal, RuleSet, RuleTexts};
use hikeshi_domain::OrganizationId;
use hikeshi_lake::Lake;
use hikeshi_lake::catalogue::OrgScope;
use hikeshi_record::{Context, Scope};

use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::reference_list::InForce;
use crate::watch::{Joins, Listed};
use crate::windows::Windows;

/// Telemetry and what reads it.
pub struct Telemetry {
    /// The lake.
    pub lake: Arc<Lake>,
    /// SQL over the lake.
    pub hunt: hikeshi_hunt::Hunt,
    /// Correlations of those rules over the stream.
    pub(crate) joins: Arc<Joins>,
    /// What lists of known bad say of the stream.
    pub(crate) listed: Arc<Listed>,
    /// Which of them those are.
    pub(crate) lists_in_force: InForce,
    /// Rules in force on the stream.
    pub rules: Arc<RuleSet>,
    /// The rules as they were written.
    pub texts: RuleTexts,
    /// Rules that could not be used, with the reason.
    pub refused: Vec<Refusal>,
    /// Room for windows of hosts in memory.
    pub(crate) windows: Windows,
    /// Japanese titles of rules, by the title.
    pub(crate) japanese: Arc<JapaneseTitles>,
}

/// Japanese titles of rules whose authors wrote one, by the title.
pub(crate) type JapaneseTitles = HashMap<String, String>;

/// The Japanese titles of a rule set.
pub(crate) fn japanese_titles(rules: &RuleSet) -> Arc<JapaneseTitles> {
    Arc::new(rules.iter().filter_map(|(_, rule)| Some((rule.title.clone(), rule.title_ja.clone()?))).collect())
}

/// The lake's scope of a context.
pub(crate) fn scope(context: &Context) -> OrgScope {
    match &context.scope {
        Scope::Installation => OrgScope::All,
        Scope::Organizations(organizations) => OrgScope::Only(organizations.clone()),
    }
}

/// A host under the name that its events bear.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct SentAs {
    /// The name.
    pub(crate) name: String,
    /// Hosts of a like name whose events are NOT taken for this one's.
    pub(crate) alike: Vec<String>,
}

/// The names of hosts that send and that a name can mean, read once to ask of many names.
pub(crate) struct HostNames(Vec<String>);

impl HostNames {
    /// Those of an organisation that begin with the same label.
    pub(crate) async fn load(desk: &Desk, org: OrganizationId, host: &str) -> Result<Self> {
        let sources = desk.telemetry.lake.sources_of(org, host).await.map_err(Error::internal)?;
        Ok(HostNames(sources.into_iter().map(|source| source.host).collect()))
    }

    /// Whether two names that begin with that label are of one host: the same name in any case, or both lead to the same one that sends.
    pub(crate) fn same_host(&self, one: &str, other: &str) -> bool {
        let as_sent = |host| sent_as(host, self.0.iter().map(String::as_str)).name;
        one.eq_ignore_ascii_case(other) || as_sent(one).eq_ignore_ascii_case(&as_sent(other))
    }
}

/// The host's name as its events write it: the same name in any case, else the one host that can be the same (design 6).
pub(crate) async fn host_as_sent(desk: &Desk, org: OrganizationId, host: &str) -> Result<SentAs> {
    let sources = desk.telemetry.lake.sources_of(org, host).await.map_err(Error::internal)?;
    Ok(sent_as(host, sources.iter().map(|source| source.host.as_str())))
}

/// A short name and a full one are the same host where only one host fits. Two full names, or addresses, are two hosts, however they begin.
fn sent_as<'a>(host: &str, sources: impl Iterator<Item = &'a str>) -> SentAs {
    let wanted = host.to_lowercase();
    let mut known: Vec<(String, &str)> = sources.map(|name| (name.to_lowercase(), name)).collect();
    known.sort_unstable();
    known.dedup_by(|a, b| a.0 == b.0);
    let as_it_is = |alike| SentAs { name: host.to_owned(), alike };
    if let Some((_, name)) = known.iter().find(|(lower, _)| *lower == wanted) {
        return SentAs { name: (*name).to_owned(), alike: Vec::new() };
    }
    if is_address(&wanted) {
        return as_it_is(Vec::new());
    }
    let same_label = |lower: &str| !is_address(lower) && short(lower) == short(&wanted);
    let alike: Vec<_> = known.into_iter().filter(|(lower, _)| same_label(lower)).collect();
    match alike.as_slice() {
        [(lower, name)] if is_short(lower) || is_short(&wanted) => SentAs { name: (*name).to_owned(), alike: Vec::new() },
        _ => as_it_is(alike.into_iter().map(|(_, name)| name.to_owned()).collect()),
    }
}

fn is_address(name: &str) -> bool {
    name.parse::<std::net::IpAddr>().is_ok()
}

fn is_short(name: &str) -> bool {
    !name.contains('.')
}

fn short(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_short_name_stands_for_a_full_one() {
        let check = |wanted: &str, known: &[&str], name: &str, alike: &[&str]| {
            let expected = SentAs { name: name.to_owned(), alike: alike.iter().map(|host| (*host).to_owned()).collect() };
            assert_eq!(sent_as(wanted, known.iter().copied()), expected, "{wanted} among {known:?}");
        };
        check("WEB", &["web.a.example"], "web.a.example", &[]);
        check("web.a.example", &["WEB", "Web"], "WEB", &[]);
        check("Web.A.example", &["web.a.example", "web"], "web.a.example", &[]);
        check("web.b.example", &["web.a.example"], "web.b.example", &["web.a.example"]);
        check("web", &["web.a.example", "web.b.example"], "web", &["web.a.example", "web.b.example"]);
        check("10.0.0.5", &["10.9.9.9"], "10.0.0.5", &[]);
        check("10", &["10.9.9.9"], "10", &[]);
    }
}
