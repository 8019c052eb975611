//! A compiled rule set: what the cache keeps and what matchers read.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use crate::correlation::Correlation;
use crate::expr::Expr;
use crate::index::FieldIndex;
use crate::lower::{Lowering, field_key};
use crate::predicate::{FieldId, Predicate, Test};
use crate::regexes::Expression;
use crate::rule::{Refusal, RuleInfo};
use crate::source::{Derivation, Scope, SourceIndex, Sources};
use crate::witness::{Chooser, Witness};

/// Fields of a record's head, under the names that rules use.
pub(crate) const HEAD: [&str; 4] = ["Channel", "EventID", "Computer", "Provider_Name"];

/// A compiled rule set.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Program {
    pub(crate) rules: Vec<RuleInfo>,
    /// One expression a rule; of a correlation, never.
    pub(crate) exprs: Vec<Expr>,
    pub(crate) predicates: Vec<Predicate>,
    pub(crate) expressions: Vec<Expression>,
    /// Every name under which a record's field is looked up, folded.
    pub(crate) names: HashMap<String, u16>,
    pub(crate) field_count: usize,
    pub(crate) sources: Sources,
    /// The route of each source: by event id, else the last.
    pub(crate) by_source: Vec<SourceRoutes>,
    pub(crate) routes: Vec<Route>,
    pub(crate) correlations: Vec<Correlation>,
    /// The event ids of all events that correlations can join; `None`: any.
    pub(crate) joined_ids: Option<BTreeSet<u32>>,
    pub(crate) refused: Vec<Refusal>,
    pub(crate) version: String,
}

/// The routes of one source.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct SourceRoutes {
    /// Event id and route, ascending.
    by_id: Vec<(u32, u32)>,
    other: u32,
}

impl SourceRoutes {
    pub(crate) fn of(&self, event_id: u32) -> u32 {
        let found = self.by_id.binary_search_by_key(&event_id, |(id, _)| *id).ok();
        found.and_then(|at| self.by_id.get(at)).map_or(self.other, |(_, route)| *route)
    }
}

/// What is done with one field of a record: the slots it fills, the indexes it is scanned with.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) fields: Vec<FieldId>,
    /// Places in [`Route::indexes`].
    pub(crate) indexes: Vec<u16>,
}

/// What is asked of the records of one source and event id.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Route {
    /// By name number: 1 + the place in `plans`, 0 for a field that no rule asks for.
    pub(crate) plan_of_name: Vec<u16>,
    pub(crate) plans: Vec<Plan>,
    pub(crate) indexes: Vec<FieldIndex>,
    /// Some rule looks at every field: the plan of a field that no rule names.
    pub(crate) keywords: Option<Plan>,
    /// Rules that nothing in particular announces.
    pub(crate) always: Vec<u32>,
    pub(crate) derive: Vec<(Derivation, Vec<(String, Plan)>)>,
    /// Fields of the head that rules ask for: place in [`HEAD`] and plan.
    pub(crate) head: Vec<(u8, Plan)>,
    /// Every rule that applies here, for the plain evaluation that the index is compared with.
    #[cfg(test)]
    pub(crate) rules: Vec<u32>,
}

/// One rule, lowered, with the places where it applies.
#[derive(Debug)]
pub(crate) struct Lowered {
    pub(crate) info: RuleInfo,
    pub(crate) expr: Expr,
    pub(crate) scopes: Vec<Scope>,
}

impl Program {
    /// Compiles lowered rules.
    pub(crate) fn build(lowered: Vec<Lowered>, lowering: Lowering, sources: Sources, parts: Rest) -> Program {
        let mut rules = Vec::new();
        let mut exprs = Vec::new();
        let mut scopes = Vec::new();
        for mut rule in lowered {
            rule.expr.order(&|id| lowering.predicate_table.get(id as usize).map_or(0, Predicate::cost));
            rules.push(rule.info);
            exprs.push(rule.expr);
            scopes.push(rule.scopes);
        }
        let literals: Vec<_> = lowering.regex_table.iter().map(crate::regex_literal::required).collect();
        let chooser = Chooser::new(&lowering.predicate_table, &literals, &exprs);
        let choices = exprs.iter().map(|expr| chooser.choose(expr).map(|choice| choice.witnesses)).collect();
        let mut names = Names::default();
        let mut builder = Builder { exprs: &exprs, lowering: &lowering, choices, routes: Vec::new(), known: HashMap::new() };
        let by_source = (0u16..).zip(&sources.sources).map(|(at, source)| {
            let here = here(SourceIndex(at), &scopes, &exprs, &lowering.predicate_table);
            builder.source(source, &here, &mut names)
        });
        let by_source = by_source.collect();
        let routes = builder.routes;
        let members: BTreeSet<u32> = parts.correlations.iter().flat_map(|correlation| &correlation.members).copied().collect();
        let places = (0u16..).zip(&sources.sources).flat_map(|(at, _)| here(SourceIndex(at), &scopes, &exprs, &lowering.predicate_table));
        let joined = places.filter(|(rule, _)| members.contains(rule));
        let joined_ids = joined.map(|(_, ids)| ids).try_fold(BTreeSet::new(), |all, ids| Some(&all | &ids?));
        Program {
            joined_ids,
            rules,
            exprs,
            names: names.0,
            field_count: lowering.field_names.len(),
            predicates: lowering.predicate_table,
            expressions: lowering.regex_table,
            sources,
            by_source,
            routes,
            correlations: parts.correlations,
            refused: parts.refused,
            version: parts.version,
        }
    }
}

/// What a program carries beside the rules that match one record.
#[derive(Debug, Default)]
pub(crate) struct Rest {
    pub(crate) correlations: Vec<Correlation>,
    pub(crate) refused: Vec<Refusal>,
    pub(crate) version: String,
}

/// The rules of one source, with the event ids to which each is bound.
fn here(source: SourceIndex, scopes: &[Vec<Scope>], exprs: &[Expr], predicates: &[Predicate]) -> Vec<(u32, Option<BTreeSet<u32>>)> {
    let mut here = Vec::new();
    for ((rule, scopes), expr) in (0u32..).zip(scopes).zip(exprs) {
        let required = required_ids(expr, predicates);
        for scope in scopes.iter().filter(|scope| scope.source == source) {
            let scope = scope.ids.as_ref().map(|ids| ids.iter().copied().collect::<BTreeSet<u32>>());
            let ids = match (scope, required.clone()) {
                (Some(a), Some(b)) => Some(a.intersection(&b).copied().collect()),
                (a, b) => a.or(b),
            };
            here.push((rule, ids));
        }
    }
    here
}

/// The event ids without which the expression cannot hold.
fn required_ids(expr: &Expr, predicates: &[Predicate]) -> Option<BTreeSet<u32>> {
    match expr {
        Expr::Test(id) => match &predicates.get(*id as usize)?.test {
            Test::EventId(ids) => Some(ids.iter().copied().collect()),
            _ => None,
        },
        Expr::All(parts) => {
            parts.iter().filter_map(|part| required_ids(part, predicates)).reduce(|a, b| a.intersection(&b).copied().collect())
        }
        Expr::Any(parts) => {
            parts.iter().map(|part| required_ids(part, predicates)).reduce(|a, b| Some(a?.union(&b?).copied().collect())).flatten()
        }
        Expr::Const(_) | Expr::Not(_) | Expr::AtLeast(..) => None,
    }
}

#[derive(Default)]
struct Names(HashMap<String, u16>);

impl Names {
    fn id(&mut self, key: &str) -> Option<usize> {
        if let Some(known) = self.0.get(key) {
            return Some(usize::from(*known));
        }
        let next = u16::try_from(self.0.len()).ok()?;
        self.0.insert(key.to_owned(), next);
        Some(usize::from(next))
    }
}

struct Builder<'b> {
    exprs: &'b [Expr],
    lowering: &'b Lowering,
    choices: Vec<Option<Vec<Witness>>>,
    routes: Vec<Route>,
    /// Equal routes are built once.
    known: HashMap<RouteKey, u32>,
}

/// What decides a route: rules, further names, derivations.
type RouteKey = (Vec<u32>, Vec<(String, Vec<String>)>, Vec<u8>);

impl Builder<'_> {
    fn source(&mut self, source: &crate::source::Source, here: &[(u32, Option<BTreeSet<u32>>)], names: &mut Names) -> SourceRoutes {
        let all: Vec<u32> = here.iter().filter(|(_, ids)| ids.is_none()).map(|(rule, _)| *rule).collect();
        let ids: BTreeSet<u32> = here.iter().filter_map(|(_, ids)| ids.as_ref()).flatten().copied().collect();
        let mut routes = SourceRoutes { other: self.route(all.clone(), source, None, names), ..SourceRoutes::default() };
        for id in ids {
            let bound = here.iter().filter(|(_, ids)| ids.as_ref().is_some_and(|ids| ids.contains(&id))).map(|(rule, _)| *rule);
            let rules = all.iter().copied().chain(bound).collect();
            routes.by_id.push((id, self.route(rules, source, Some(id), names)));
        }
        routes
    }

    fn route(&mut self, mut rules: Vec<u32>, source: &crate::source::Source, event_id: Option<u32>, names: &mut Names) -> u32 {
        rules.sort_unstable();
        rules.dedup();
        let applying = source.fields.iter().filter(|extra| extra.apply_to(event_id)).flat_map(|extra| &extra.names);
        let extra: Vec<(String, Vec<String>)> = applying.map(|(name, others)| (name.clone(), others.clone())).collect();
        let derive: Vec<Derivation> =
            source.derive.iter().copied().filter(|derivation| event_id.is_none_or(|id| derivation.applies_to(id))).collect();
        let key = (rules.clone(), extra.clone(), derive.iter().map(|derivation| *derivation as u8).collect());
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let route = self.build(rules, &extra, &derive, names);
        let at = u32::try_from(self.routes.len()).unwrap_or(u32::MAX);
        self.routes.push(route);
        self.known.insert(key, at);
        at
    }

    fn build(&self, rules: Vec<u32>, extra: &[(String, Vec<String>)], derive: &[Derivation], names: &mut Names) -> Route {
        let mut route = Route::default();
        let mut asked = BTreeSet::new();
        for rule in &rules {
            let Some(expr) = self.exprs.get(*rule as usize) else { continue };
            expr.tests(&mut |id| self.fields_of(id, &mut asked));
        }
        let places = self.index(&mut route, &rules);
        if asked.remove(&FieldId::ANY) {
            route.keywords = Some(plan(Vec::new(), &places));
        }
        self.plan(&mut route, &asked, &places, extra, names);
        let known = |name: &str| {
            let field = self.lowering.known_field(name).filter(|field| asked.contains(field))?;
            Some(plan(vec![field], &places))
        };
        for (place, name) in (0u8..).zip(HEAD) {
            route.head.extend(known(name).map(|plan| (place, plan)));
        }
        for derivation in derive {
            let fields = derivation.names().iter().filter_map(|name| Some(((*name).to_owned(), known(name)?)));
            let fields: Vec<(String, Plan)> = fields.collect();
            if !fields.is_empty() {
                route.derive.push((*derivation, fields));
            }
        }
        #[cfg(test)]
        {
            route.rules = rules;
        }
        route
    }

    /// The fields that a predicate reads; the event id is read from the head.
    fn fields_of(&self, predicate: u32, asked: &mut BTreeSet<FieldId>) {
        let Some(predicate) = self.lowering.predicate_table.get(predicate as usize) else { return };
        match predicate.test {
            Test::EventId(_) => return,
            Test::SameAs { other, .. } => asked.insert(other),
            _ => false,
        };
        asked.insert(predicate.field);
    }

    fn plan(&self, route: &mut Route, asked: &BTreeSet<FieldId>, places: &Places, extra: &[(String, Vec<String>)], names: &mut Names) {
        let mut plans: BTreeMap<String, Vec<FieldId>> = BTreeMap::new();
        for field in asked {
            if let Some(name) = self.lowering.field_names.get(usize::from(field.0)) {
                plans.entry(name.clone()).or_default().push(*field);
            }
        }
        for (name, others) in extra {
            let known = others.iter().filter_map(|other| self.lowering.known_field(other)).filter(|field| asked.contains(field));
            let known: Vec<FieldId> = known.collect();
            if !known.is_empty() {
                plans.entry(field_key(name)).or_default().extend(known);
            }
        }
        for (name, fields) in plans {
            let (Some(id), Ok(place)) = (names.id(&name), u16::try_from(route.plans.len() + 1)) else { continue };
            if route.plan_of_name.len() <= id {
                route.plan_of_name.resize(id + 1, 0);
            }
            if let Some(slot) = route.plan_of_name.get_mut(id) {
                *slot = place;
            }
            route.plans.push(plan(fields, places));
        }
    }

    /// Builds the indexes; answers the place of each field's.
    fn index(&self, route: &mut Route, rules: &[u32]) -> Places {
        let mut literals: BTreeMap<&Witness, Vec<u32>> = BTreeMap::new();
        for rule in rules {
            match self.choices.get(*rule as usize).and_then(Option::as_ref) {
                Some(witnesses) => witnesses.iter().for_each(|witness| literals.entry(witness).or_default().push(*rule)),
                None => route.always.push(*rule),
            }
        }
        let mut by_field: BTreeMap<u16, Vec<_>> = BTreeMap::new();
        for (witness, rules) in literals {
            by_field.entry(witness.field.0).or_default().push((witness.place, witness.bytes.clone(), rules));
        }
        let places = (0u16..).zip(by_field.keys()).map(|(place, field)| (*field, place)).collect();
        route.indexes = by_field.into_values().map(FieldIndex::new).collect();
        places
    }
}

/// By field number: the place of its index.
type Places = BTreeMap<u16, u16>;

/// The plan of a field that fills those slots: keywords are looked for in every field.
fn plan(fields: Vec<FieldId>, places: &Places) -> Plan {
    let all = fields.iter().chain([&FieldId::ANY]);
    let indexes = all.filter_map(|field| places.get(&field.0).copied()).collect();
    Plan { fields, indexes }
}
