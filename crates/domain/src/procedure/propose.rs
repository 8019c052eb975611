//! From what triage found to a proposal: type, severity and flows with their reasons. `playbook/proposal.yaml` holds the rules.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_saphyr::Spanned;

use super::Procedure;
use crate::alert::Action;
use crate::case::Proposal;
use crate::endpoint::BlockMode;
use crate::incident::{IncidentType, ResponseFlow, Severity};
use crate::phrase::Phrase;
use crate::phrases;
use crate::playbook::{Files, PlaybookError};
use crate::triage::{NodeOrigin, Triage};
use crate::verdict::{Family, Verdict};

/// Where the rules stand.
pub(super) const PATH: &str = "proposal.yaml";

/// Whether the file ran, or could have (S3-22, S3-23).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Execution {
    /// Its run is recorded.
    Ran,
    /// Nothing kept it from running.
    CouldRun,
    /// The product stopped it, or the endpoint blocks what is detected.
    CouldNotRun,
    /// Nobody said.
    Unknown,
}

impl Execution {
    /// From what is on record. A recorded run wins over every claim that it was stopped.
    pub fn of(triage: Option<&Triage>, action: Option<Action>, block_mode: BlockMode) -> Self {
        let ran = triage.is_some_and(|triage| triage.tree.nodes.iter().any(|node| node.subject && node.origin != NodeOrigin::FromChild));
        match (ran, block_mode, action) {
            (true, _, _) => Execution::Ran,
            (false, BlockMode::Block, _) | (false, _, Some(Action::Blocked | Action::Quarantined | Action::Deleted)) => {
                Execution::CouldNotRun
            }
            (false, BlockMode::NonBlock, _) | (false, BlockMode::Unknown, Some(Action::Detected)) => Execution::CouldRun,
            (false, BlockMode::Unknown, None) => Execution::Unknown,
        }
    }

    /// The word in JSON, URL and index.
    pub const fn name(self) -> &'static str {
        match self {
            Execution::Ran => "ran",
            Execution::CouldRun => "could_run",
            Execution::CouldNotRun => "could_not_run",
            Execution::Unknown => "unknown",
        }
    }

    /// In words.
    pub fn phrase(self) -> Phrase {
        Phrase::new(format!("execution.{}", self.name()))
    }
}

/// What a proposal rests on.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// What triage found.
    pub triage: &'a Triage,
    /// The verdict that counts: a person's where there is one.
    pub verdict: Verdict,
    /// Whether it ran.
    pub execution: Execution,
    /// How many endpoints of the organisation have the same file or tree, this one included.
    pub hosts: usize,
    /// The endpoint concerned that belongs to a service for customers, by its host name.
    pub serves: Option<&'a str>,
}

impl Procedure {
    /// A proposal for a case: decided by nobody.
    pub fn propose(&self, facts: &Facts<'_>, at: Timestamp) -> Proposal {
        let (incident_type, type_reason) = first(&self.rules.types, facts, IncidentType::B1);
        let (severity, severity_reason) = first(&self.rules.severities, facts, Severity::Lv1);
        let flows = self.matrix().cell(incident_type, severity).to_vec();
        let mut reasons = vec![type_reason.with("host", self.rules.meant(facts))];
        reasons.push(
            severity_reason
                .with("severity", severity.level().to_string())
                .with("hosts", facts.hosts.to_string())
                .with("families", words(self.rules.asked(facts).iter().map(|family| family_name(*family)))),
        );
        reasons.push(flows_reason(incident_type, severity, &flows));
        Proposal { incident_type, severity, flows, reasons, at, playbook: self.version().to_owned() }
    }
}

/// The rules of `playbook/proposal.yaml`, checked.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    types: Vec<Rule<IncidentType>>,
    severities: Vec<Rule<Severity>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule<T> {
    give: T,
    reason: String,
    #[serde(rename = "source")]
    _source: String,
    serves: Option<bool>,
    ran: Option<bool>,
    could_run: Option<bool>,
    verdict: Option<Vec<Verdict>>,
    families_any: Option<Vec<Family>>,
    families_at_least: Option<usize>,
    findings_any: Option<Vec<String>>,
    hosts_at_least: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(rename = "version")]
    _version: String,
    #[serde(rename = "type")]
    types: Vec<Spanned<Rule<IncidentType>>>,
    severity: Vec<Spanned<Rule<Severity>>>,
}

impl Rules {
    pub(super) fn load(files: &Files) -> Result<Self, PlaybookError> {
        let written: Written = files.read(PATH)?;
        let sentences = phrases::Phrases::load(files)?;
        Ok(Rules { types: checked("type", written.types, &sentences)?, severities: checked("severity", written.severity, &sentences)? })
    }

    /// The host that the type is proposed for.
    fn meant<'a>(&self, facts: &Facts<'a>) -> &'a str {
        let asks = self.types.iter().find(|rule| rule.holds(facts)).is_some_and(|rule| rule.serves == Some(true));
        facts.serves.filter(|_| asks).unwrap_or(&facts.triage.host)
    }

    /// Families that made the rule of the severity hold: those it asks for, where it asks for some.
    fn asked(&self, facts: &Facts<'_>) -> BTreeSet<Family> {
        let any = self.severities.iter().find(|rule| rule.holds(facts)).and_then(|rule| rule.families_any.as_ref());
        families(facts).into_iter().filter(|family| any.is_none_or(|any| any.contains(family))).collect()
    }
}

fn checked<T>(list: &str, rules: Vec<Spanned<Rule<T>>>, sentences: &phrases::Phrases) -> Result<Vec<Rule<T>>, PlaybookError> {
    let last = rules.len().saturating_sub(1);
    if rules.is_empty() {
        return Err(PlaybookError::at(PATH, 0, format!("`{list}`: expected one or more rules, found none")));
    }
    let each = rules.into_iter().enumerate().map(|(index, rule)| {
        let line = rule.referenced.line();
        let rule = rule.value;
        if !sentences.contains(&rule.reason) {
            return Err(PlaybookError::at(PATH, line, format!("expected `reason` to be a key of phrases/, found `{}`", rule.reason)));
        }
        match (index == last, rule.is_unconditional()) {
            (true, false) => Err(PlaybookError::at(PATH, line, format!("`{list}`: expected the last rule to have no condition"))),
            (false, true) => Err(PlaybookError::at(PATH, line, format!("`{list}`: expected a condition; only the last rule has none"))),
            _ => Ok(rule),
        }
    });
    each.collect()
}

impl<T> Rule<T> {
    fn is_unconditional(&self) -> bool {
        self.serves.is_none()
            && self.ran.is_none()
            && self.could_run.is_none()
            && self.verdict.is_none()
            && self.families_any.is_none()
            && self.families_at_least.is_none()
            && self.findings_any.is_none()
            && self.hosts_at_least.is_none()
    }

    fn holds(&self, facts: &Facts<'_>) -> bool {
        let toward = families(facts);
        let malicious = |id: &String| facts.triage.findings.iter().any(|finding| finding.points > 0 && finding.id == *id);
        let ran = facts.execution == Execution::Ran;
        let could_run = matches!(facts.execution, Execution::Ran | Execution::CouldRun | Execution::Unknown);
        self.serves.is_none_or(|serves| serves == facts.serves.is_some())
            && self.ran.is_none_or(|wanted| wanted == ran)
            && self.could_run.is_none_or(|wanted| wanted == could_run)
            && self.verdict.as_ref().is_none_or(|grades| grades.contains(&facts.verdict))
            && self.families_any.as_ref().is_none_or(|any| any.iter().any(|family| toward.contains(family)))
            && self.families_at_least.is_none_or(|least| toward.len() >= least)
            && self.findings_any.as_ref().is_none_or(|any| any.iter().any(malicious))
            && self.hosts_at_least.is_none_or(|least| facts.hosts >= least)
    }
}

fn first<T: Copy>(rules: &[Rule<T>], facts: &Facts<'_>, otherwise: T) -> (T, Phrase) {
    let rule = rules.iter().find(|rule| rule.holds(facts));
    rule.map_or_else(|| (otherwise, Phrase::new("propose.severity.none")), |rule| (rule.give, Phrase::new(&rule.reason)))
}

fn families(facts: &Facts<'_>) -> BTreeSet<Family> {
    facts.triage.findings.iter().filter(|finding| finding.points > 0).map(|finding| finding.family).collect()
}

fn flows_reason(incident_type: IncidentType, severity: Severity, flows: &[ResponseFlow]) -> Phrase {
    Phrase::new("propose.flows")
        .with("type", incident_type.name())
        .with("severity", severity.level().to_string())
        .with("flows", words(flows.iter().map(|flow| flow.name())))
}

fn words<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(",")
}

/// The family's word in JSON and in the keys of phrases.
const fn family_name(family: Family) -> &'static str {
    match family {
        Family::Identity => "identity",
        Family::Signature => "signature",
        Family::Path => "path",
        Family::Prevalence => "prevalence",
        Family::Origin => "origin",
        Family::Parent => "parent",
        Family::LivingOffTheLand => "living_off_the_land",
        Family::Persistence => "persistence",
        Family::DefenceEvasion => "defence_evasion",
        Family::CredentialAccess => "credential_access",
        Family::Injection => "injection",
        Family::Network => "network",
        Family::Behaviour => "behaviour",
        Family::Detection => "detection",
        Family::User => "user",
    }
}
