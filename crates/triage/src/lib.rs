//! Triage: an alert or rule matches, and seven days of one host → findings with reasons, verdict, process tree, eight sections.
//!
//! Pure: whoever calls brings the events of one host in order of time, the rules that matched on them, and what else is known.
//! [`Host::read`] puts the processes together once; [`Host::triage`] looks at one subject; [`triage`] does both. Points, bands and
//! lists are data ([`VerdictBook`]); `docs/verdict.md` says how they are read.
//!
//! [`gather`] brings the events of files: two streaming passes for the command line.
//!
//! Deliberately absent: storage, matching of rules, reports, clocks.

mod advice;
mod alert;
mod book;
mod clock;
mod coverage;
mod evidence;
pub mod full_list;
pub mod gather;
mod host;
mod identity;
mod indicator;
mod input;
mod judge;
mod kind;
mod kinship;
pub mod lists;
mod path;
mod process;
mod product;
mod scope;
mod section;
mod subject;
mod tree;

use std::collections::BTreeMap;

use hikeshi_domain::triage::{RuleHit, SectionItem, SectionKind, Triage};

pub use advice::{advise, cleared_by_list, harmless_by_file_alone, limits};
pub use alert::{AlertError, read_alerts};
pub use book::{Bands, Item, RuleWeights, Shown, VerdictBook};
pub use clock::{Clocks, Shifts, one_clock};
pub use coverage::Coverage;
pub use hikeshi_domain::level::Level;
pub use host::Host;
pub use input::{Answered, Counted, Focus, Input, Match, Prevalence, Rule, Seen};
pub use judge::{Sight, judge};
pub use kind::{Kind, Log};
pub use kinship::tree_ids;
pub use lists::{List, ListOrigin, Lists};
pub use product::product_alerts;
pub use scope::{LOOK_AHEAD, LOOK_BACK};
pub use subject::Found;

use evidence::Evidence;
use scope::Scope;

/// Triages one subject of one host.
pub fn triage(input: &Input<'_>, book: &VerdictBook) -> Triage {
    Host::read(input.events, book).triage(input, book)
}

impl Host<'_> {
    /// Triages one subject of this host; `input.events` must be the events that the host was read from.
    pub fn triage(&self, input: &Input<'_>, book: &VerdictBook) -> Triage {
        self.look(input, book, None)
    }

    /// The same; every row of the sections is told, also those beyond what a section keeps ([`Shown::section_items`]): section by
    /// section, each one's most telling rows first. What is told is gone: a busy host has a hundred thousand rows.
    pub fn triage_telling(&self, input: &Input<'_>, book: &VerdictBook, mut tell: impl FnMut(SectionKind, &SectionItem)) -> Triage {
        self.look(input, book, Some(&mut tell))
    }

    fn look(&self, input: &Input<'_>, book: &VerdictBook, tell: Option<&mut section::Tell<'_>>) -> Triage {
        let scope = Scope::of(input, self, book);
        let evidence = Evidence::of(&scope);
        let (findings, by_event) = evidence.findings(&scope);
        let sight = if evidence.blind { Sight::Blind } else { Sight::Enough };
        Triage {
            host: input.host.to_owned(),
            judgement: judge(&findings, sight, book),
            findings,
            sections: section::sections(&scope, &by_event, tell),
            tree: tree::tree(&scope, &by_event),
            rules: rule_hits(&scope),
            indicators: indicator::indicators(&scope, &by_event),
            window: scope.window,
            events_seen: usize::try_from(scope.coverage.total()).unwrap_or(usize::MAX),
            rules_version: format!("{} verdict-{} hikeshi-{}", input.rules_version, book.version, env!("CARGO_PKG_VERSION")),
            unknown: evidence.unknown,
            subject: scope.subject,
        }
    }
}

/// The rules that matched, strongest first.
fn rule_hits(scope: &Scope<'_>) -> Vec<RuleHit> {
    let mut rules: BTreeMap<_, (&Rule, Vec<usize>)> = BTreeMap::new();
    for hit in &scope.matches {
        let key = (std::cmp::Reverse(hit.rule.level), hit.rule.id.as_str());
        rules.entry(key).or_insert_with(|| (hit.rule, Vec::new())).1.push(hit.event);
    }
    let hit = |(rule, events): (&Rule, Vec<usize>)| RuleHit {
        rule_id: rule.id.clone(),
        title: rule.title.clone(),
        title_ja: rule.title_ja.clone(),
        level: rule.level.name().to_owned(),
        author: rule.author.clone(),
        tags: rule.tags.clone(),
        count: events.len(),
        events: scope.references(&events),
    };
    rules.into_values().map(hit).collect()
}
