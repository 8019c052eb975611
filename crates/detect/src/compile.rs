//! From rule files to a program: parse, apply filters, lower, place by log source, join correlations; refuse with reasons.

use std::collections::HashMap;
use std::path::Path;

use hikeshi_domain::level::Level;
use rsigma_parser::{CorrelationRule, FilterRule, FilterRuleTarget, LogSource, SigmaCollection, SigmaRule, parse_sigma_yaml};

use crate::correlation::{Correlation, lower};
use crate::expr::Expr;
use crate::load::RuleFile;
use crate::lower::{Lowering, Unusable};
use crate::pattern::{Pattern, PatternSet};
use crate::predicate::{FieldId, Test};
use crate::program::{Lowered, Program, Rest};
use crate::rule::{Refusal, RuleInfo, RuleKind};
use crate::set::LoadError;
use crate::source::{RuleSource, Sources, Where};

/// Notes of the parser that do not make a document unusable.
const NOTES: [&str; 5] = ["invalid status", "invalid level", "invalid sigma-version", "related[", "'related'"];

/// Compiles rule files.
pub(crate) fn compile(files: &[RuleFile], placeholders: HashMap<String, Vec<String>>, version: String) -> Result<Program, LoadError> {
    let (sources, conditions) = Sources::shipped()?;
    let mut compiler = Compiler { lowering: Lowering::new(placeholders), sources, conditions, rules: Vec::new(), refused: Vec::new() };
    let parsed = parse_all(files);
    let filters: Vec<&FilterRule> = parsed.iter().flat_map(|(_, parsed)| parsed.iter().flat_map(|found| &found.filters)).collect();
    for (path, parsed) in &parsed {
        match parsed {
            Ok(found) => compiler.add(path, found, &filters),
            Err(reason) => compiler.refuse(path, None, None, reason.clone()),
        }
    }
    let joins = parsed.iter().flat_map(|(path, parsed)| parsed.iter().flat_map(|found| &found.correlations).map(|rule| (*path, rule)));
    let correlations = compiler.join(joins.collect());
    let rest = Rest { correlations, refused: compiler.refused, version };
    Ok(Program::build(compiler.rules, compiler.lowering, compiler.sources, rest))
}

type Parsed<'f> = Vec<(&'f Path, Result<SigmaCollection, String>)>;

/// Parses on all cores, keeping the order.
fn parse_all(files: &[RuleFile]) -> Parsed<'_> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    // Small shares, dealt in turn, so that no core waits for another's folder of long rules.
    std::thread::scope(|scope| {
        let deal = |at: usize| files.iter().enumerate().skip(at).step_by(threads);
        let one = |(place, file): (usize, &'_ RuleFile)| (place, file.text.clone().and_then(|text| parse(&text)));
        let workers: Vec<_> = (0..threads).map(|at| scope.spawn(move || deal(at).map(one).collect::<Vec<_>>())).collect();
        let mut done: Vec<_> = workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect();
        done.sort_by_key(|(place, _)| *place);
        done.into_iter().filter_map(|(place, parsed)| Some((files.get(place)?.path.as_path(), parsed))).collect()
    })
}

fn parse(text: &str) -> Result<SigmaCollection, String> {
    parse_sigma_yaml(text).map_err(|error| error.to_string())
}

struct Compiler {
    lowering: Lowering,
    sources: Sources,
    conditions: Vec<Where>,
    rules: Vec<Lowered>,
    refused: Vec<Refusal>,
}

impl Compiler {
    fn refuse(&mut self, path: &Path, id: Option<String>, title: Option<String>, reason: String) {
        self.refused.push(Refusal { path: path.to_owned(), id, title, reason });
    }

    fn add(&mut self, path: &Path, found: &SigmaCollection, filters: &[&FilterRule]) {
        let faults = found.errors.iter().filter(|error| !NOTES.iter().any(|note| error.starts_with(note)));
        for fault in faults {
            self.refuse(path, None, None, fault.clone());
        }
        if found.is_empty() && found.errors.is_empty() {
            self.refuse(path, None, None, "the file holds no rule".to_owned());
        }
        for rule in &found.rules {
            match self.lower(rule, filters) {
                Ok(lowered) => self.rules.push(lowered),
                Err(Unusable(reason)) => self.refuse(path, rule.id.clone(), Some(rule.title.clone()), reason),
            }
        }
        for filter in &found.filters {
            if let Err(Unusable(reason)) = self.lowering.detections(&filter.detection) {
                self.refuse(path, filter.id.clone(), Some(filter.title.clone()), reason);
            }
        }
    }

    fn lower(&mut self, rule: &SigmaRule, filters: &[&FilterRule]) -> Result<Lowered, Unusable> {
        let source = rule_source(&rule.logsource);
        let mut parts = vec![self.lowering.detections(&rule.detection)?];
        for filter in filters.iter().filter(|filter| concerns(filter, rule, &source)) {
            // A filter that cannot be used is refused where its file is added; here it filters nothing.
            parts.extend(self.lowering.detections(&filter.detection).ok());
        }
        parts.extend(self.condition(&source)?);
        let expr = Expr::all(parts);
        let mut keywords = false;
        expr.tests(&mut |id| keywords |= self.lowering.predicate_table.get(id as usize).is_some_and(|test| test.field == FieldId::ANY));
        let scopes = self.sources.scopes(&source, keywords);
        let log_source = described(&rule.logsource);
        if scopes.is_empty() {
            return Err(Unusable::new(format!("no log that is read carries the log source `{log_source}`")));
        }
        Ok(Lowered { info: info(rule, log_source), expr, scopes })
    }

    /// What the rule's category sets on a field, where a record has it.
    fn condition(&mut self, source: &RuleSource) -> Result<Option<Expr>, Unusable> {
        let Some(condition) = self.conditions.iter().find(|condition| Some(&condition.category) == source.category.as_ref()) else {
            return Ok(None);
        };
        let field = self.lowering.field(&condition.field)?;
        let wanted = condition.values.iter().map(|value| Pattern::Exact(crate::text::fold(value).into())).collect();
        let set = PatternSet::new(wanted);
        let alternatives = vec![self.lowering.test(field, Test::Text { cased: false, set }), self.lowering.test(field, Test::Null)];
        Ok(Some(Expr::any(alternatives)))
    }

    /// Compiles correlations; those that join other correlations wait until these are known.
    fn join(&mut self, waiting: Vec<(&Path, &CorrelationRule)>) -> Vec<Correlation> {
        let mut known: HashMap<String, u32> = HashMap::new();
        for (at, rule) in (0u32..).zip(&self.rules) {
            known.extend([(rule.info.id.clone(), at), (rule.info.name.clone(), at)].into_iter().filter(|(name, _)| !name.is_empty()));
        }
        let mut done = Vec::new();
        let mut asked = Vec::new();
        let mut waiting = waiting;
        loop {
            let before = waiting.len();
            let mut later = Vec::new();
            for (path, rule) in waiting {
                let own = u32::try_from(self.rules.len()).unwrap_or(u32::MAX);
                match lower(rule, own, &|name| known.get(name).copied()) {
                    Ok(correlation) => {
                        known.extend(rule.id.iter().chain(&rule.name).map(|name| (name.clone(), own)));
                        self.rules.push(Lowered { info: correlation_info(rule), expr: Expr::Const(false), scopes: Vec::new() });
                        asked.extend(correlation.members.iter().map(|member| (*member, rule.generate)));
                        done.push(correlation);
                    }
                    Err(reason) => later.push((path, rule, reason)),
                }
            }
            if later.is_empty() || later.len() == before {
                for (path, rule, Unusable(reason)) in later {
                    self.refuse(path, rule.id.clone(), Some(rule.title.clone()), reason);
                }
                break;
            }
            waiting = later.into_iter().map(|(path, rule, _)| (path, rule)).collect();
        }
        self.mark_reported(&asked);
        done
    }

    /// A rule that correlations join is reported on its own only if one of them says so.
    fn mark_reported(&mut self, asked: &[(u32, bool)]) {
        for (member, _) in asked {
            let reported = asked.iter().any(|(other, generate)| other == member && *generate);
            if let Some(rule) = self.rules.get_mut(*member as usize) {
                rule.info.reported = reported;
            }
        }
    }
}

fn rule_source(source: &LogSource) -> RuleSource {
    let lower = |text: &Option<String>| text.as_ref().map(|text| text.trim().to_lowercase());
    RuleSource { product: lower(&source.product), category: lower(&source.category), service: lower(&source.service) }
}

fn described(source: &LogSource) -> String {
    [&source.product, &source.category, &source.service].map(|part| part.as_deref().unwrap_or_default()).join("/")
}

/// A filter concerns a rule that it names (or any), of the same log source where it gives one.
fn concerns(filter: &FilterRule, rule: &SigmaRule, source: &RuleSource) -> bool {
    let named = match &filter.rules {
        FilterRuleTarget::Any => true,
        FilterRuleTarget::Specific(names) => {
            let own = [rule.id.as_ref(), rule.name.as_ref(), Some(&rule.title)];
            names.iter().any(|name| own.contains(&Some(name)))
        }
    };
    let same = |wanted: &Option<String>, have: &Option<String>| wanted.is_none() || wanted == have;
    let fits = filter.logsource.as_ref().map(rule_source).is_none_or(|wanted| {
        same(&wanted.product, &source.product) && same(&wanted.category, &source.category) && same(&wanted.service, &source.service)
    });
    named && fits
}

fn level(level: Option<rsigma_parser::Level>) -> Level {
    use rsigma_parser::Level as Said;
    match level {
        Some(Said::Informational) => Level::Informational,
        Some(Said::Low) => Level::Low,
        Some(Said::Medium) | None => Level::Medium,
        Some(Said::High) => Level::High,
        Some(Said::Critical) => Level::Critical,
    }
}

/// The Japanese title. The specification lets rules have fields of their own.
const TITLE_JA: &str = "title_ja";

fn info(rule: &SigmaRule, log_source: String) -> RuleInfo {
    RuleInfo {
        id: rule.id.clone().or_else(|| rule.name.clone()).unwrap_or_else(|| rule.title.clone()),
        name: rule.name.clone().unwrap_or_default(),
        title: rule.title.clone(),
        title_ja: rule.custom_attributes.get(TITLE_JA).and_then(|title| title.as_str()).map(str::to_owned),
        description: rule.description.clone().unwrap_or_default(),
        level: level(rule.level),
        author: rule.author.clone().unwrap_or_default(),
        tags: rule.tags.clone(),
        false_positives: rule.falsepositives.clone(),
        log_source,
        kind: RuleKind::Detection,
        reported: true,
    }
}

fn correlation_info(rule: &CorrelationRule) -> RuleInfo {
    RuleInfo {
        id: rule.id.clone().or_else(|| rule.name.clone()).unwrap_or_else(|| rule.title.clone()),
        name: rule.name.clone().unwrap_or_default(),
        title: rule.title.clone(),
        title_ja: rule.custom_attributes.get(TITLE_JA).and_then(|title| title.as_str()).map(str::to_owned),
        description: rule.description.clone().unwrap_or_default(),
        level: level(rule.level),
        author: rule.author.clone().unwrap_or_default(),
        tags: rule.tags.clone(),
        false_positives: rule.falsepositives.clone(),
        log_source: String::new(),
        kind: RuleKind::Correlation,
        reported: true,
    }
}
