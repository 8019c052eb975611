//! From the parser's syntax tree to expressions over numbered predicates: every rule of a set shares one table of them.

use std::collections::HashMap;

use rsigma_parser::{ConditionExpr, Detection, Detections, Quantifier, SelectorPattern};

use crate::expr::Expr;
use crate::item::lower_item;
use crate::pattern::{Glob, RawPart};
use crate::predicate::{FieldId, Predicate, Test};
use crate::regexes::Expression;

/// How deep a condition may nest.
const MAX_DEPTH: usize = 64;
/// How many placeholders one value may hold; a placeholder's own value counts too.
const MAX_PLACEHOLDERS: usize = 8;

/// Why a rule cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unusable(pub(crate) String);

impl Unusable {
    pub(crate) fn new(reason: impl Into<String>) -> Unusable {
        Unusable(reason.into())
    }
}

/// The tables that all rules of a set share while they are lowered.
#[derive(Debug, Default)]
pub(crate) struct Lowering {
    fields: HashMap<String, FieldId>,
    pub(crate) field_names: Vec<String>,
    predicates: HashMap<Predicate, u32>,
    pub(crate) predicate_table: Vec<Predicate>,
    regexes: HashMap<Expression, u32>,
    pub(crate) regex_table: Vec<Expression>,
    placeholders: HashMap<String, Vec<String>>,
}

/// How field names are compared: without case, without spaces, brackets unescaped.
pub(crate) fn field_key(name: &str) -> String {
    name.replace("\\[", "[").replace("\\]", "]").chars().filter(|c| *c != ' ').flat_map(char::to_lowercase).collect()
}

impl Lowering {
    pub(crate) fn new(placeholders: HashMap<String, Vec<String>>) -> Lowering {
        Lowering { placeholders, ..Lowering::default() }
    }

    /// The number of a field name.
    pub(crate) fn field(&mut self, name: &str) -> Result<FieldId, Unusable> {
        let key = field_key(name);
        if let Some(known) = self.fields.get(&key) {
            return Ok(*known);
        }
        let next = u16::try_from(self.field_names.len()).ok().filter(|next| *next < FieldId::ANY.0);
        let id = FieldId(next.ok_or_else(|| Unusable::new("the rule set names more than 65534 fields"))?);
        self.field_names.push(key.clone());
        self.fields.insert(key, id);
        Ok(id)
    }

    /// The field's number, if any rule names it.
    pub(crate) fn known_field(&self, name: &str) -> Option<FieldId> {
        self.fields.get(&field_key(name)).copied()
    }

    pub(crate) fn is_event_id(&self, field: FieldId) -> bool {
        self.field_names.get(usize::from(field.0)).is_some_and(|name| name == "eventid")
    }

    /// The expression that asks one predicate.
    pub(crate) fn test(&mut self, field: FieldId, test: Test) -> Expr {
        let predicate = Predicate { field, test };
        if let Some(known) = self.predicates.get(&predicate) {
            return Expr::Test(*known);
        }
        let id = u32::try_from(self.predicate_table.len()).unwrap_or(u32::MAX);
        self.predicate_table.push(predicate.clone());
        self.predicates.insert(predicate, id);
        Expr::Test(id)
    }

    /// The number of a regular expression; an error if it does not compile.
    pub(crate) fn regex(&mut self, expression: Expression) -> Result<u32, Unusable> {
        if let Some(known) = self.regexes.get(&expression) {
            return Ok(*known);
        }
        if let Err(error) = expression.compile() {
            let text = error.to_string();
            let last = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            return Err(Unusable::new(format!("regular expression `{}`: {last}", expression.source)));
        }
        let id = u32::try_from(self.regex_table.len()).unwrap_or(u32::MAX);
        self.regex_table.push(expression.clone());
        self.regexes.insert(expression, id);
        Ok(id)
    }

    /// Replaces `%name%` by each of its values.
    pub(crate) fn expand(&self, globs: Vec<Glob>) -> Result<Vec<Glob>, Unusable> {
        let mut out = Vec::new();
        for glob in globs {
            let mut open = vec![(glob, 0)];
            while let Some((glob, depth)) = open.pop() {
                match self.expand_first(&glob)? {
                    Some(_) if depth >= MAX_PLACEHOLDERS => {
                        return Err(Unusable::new(format!("more than {MAX_PLACEHOLDERS} placeholders in one value")));
                    }
                    Some(expanded) => open.extend(expanded.into_iter().map(|glob| (glob, depth + 1))),
                    None => out.push(glob),
                }
            }
        }
        Ok(out)
    }

    fn expand_first(&self, glob: &Glob) -> Result<Option<Vec<Glob>>, Unusable> {
        for (at, part) in glob.0.iter().enumerate() {
            let RawPart::Literal(text) = part else { continue };
            let Some((before, rest)) = text.split_once('%') else { continue };
            let Some((name, after)) = rest.split_once('%') else { continue };
            let values = self.placeholders.get(name).ok_or_else(|| {
                Unusable::new(format!("placeholder `%{name}%` has no value: this rule asks for a list that only the site knows"))
            })?;
            let with = |value: &String| {
                let mut parts = glob.0.clone();
                parts.splice(at..=at, [before, value, after].map(|text| RawPart::Literal(text.to_owned())));
                Glob(parts)
            };
            return Ok(Some(values.iter().map(with).collect()));
        }
        Ok(None)
    }

    /// The expression of a whole detection section. Several conditions are alternatives.
    pub(crate) fn detections(&mut self, detections: &Detections) -> Result<Expr, Unusable> {
        let mut names: Vec<&String> = detections.named.keys().collect();
        names.sort_unstable();
        let mut named = HashMap::new();
        for name in names {
            if let Some(detection) = detections.named.get(name) {
                named.insert(name.as_str(), self.detection(detection, 0)?);
            }
        }
        let conditions = detections.conditions.iter().map(|condition| combine(condition, &named, 0));
        Ok(Expr::any(conditions.collect::<Result<_, _>>()?))
    }

    fn detection(&mut self, detection: &Detection, depth: usize) -> Result<Expr, Unusable> {
        if depth > MAX_DEPTH {
            return Err(Unusable::new(format!("detections nest deeper than {MAX_DEPTH}")));
        }
        match detection {
            Detection::AllOf(items) => items.iter().map(|item| lower_item(item, self)).collect::<Result<_, _>>().map(Expr::all),
            Detection::AnyOf(parts) => parts.iter().map(|part| self.detection(part, depth + 1)).collect::<Result<_, _>>().map(Expr::any),
            Detection::And(parts) => parts.iter().map(|part| self.detection(part, depth + 1)).collect::<Result<_, _>>().map(Expr::all),
            Detection::Keywords(values) => {
                let field = rsigma_parser::FieldSpec::new(None, Vec::new());
                lower_item(&rsigma_parser::DetectionItem { field, values: values.clone() }, self)
            }
            Detection::ArrayMatch { field, .. } => {
                Err(Unusable::new(format!("array matching on `{field}` is a proposal, not part of the Sigma specification 2")))
            }
            Detection::Conditional { .. } => Err(Unusable::new("array blocks are a proposal, not part of the Sigma specification 2")),
        }
    }
}

/// The condition over the named detections.
fn combine(condition: &ConditionExpr, named: &HashMap<&str, Expr>, depth: usize) -> Result<Expr, Unusable> {
    if depth > MAX_DEPTH {
        return Err(Unusable::new(format!("the condition nests deeper than {MAX_DEPTH}")));
    }
    let each = |parts: &[ConditionExpr]| parts.iter().map(|part| combine(part, named, depth + 1)).collect::<Result<Vec<_>, _>>();
    match condition {
        ConditionExpr::And(parts) => each(parts).map(Expr::all),
        ConditionExpr::Or(parts) => each(parts).map(Expr::any),
        ConditionExpr::Not(part) => combine(part, named, depth + 1).map(Expr::not),
        ConditionExpr::Identifier(name) => {
            let found = named.get(name.as_str()).cloned();
            found.ok_or_else(|| Unusable::new(format!("the condition names `{name}`, which the detection section does not define")))
        }
        ConditionExpr::Selector { quantifier, pattern } => select(quantifier, pattern, named),
    }
}

fn select(quantifier: &Quantifier, pattern: &SelectorPattern, named: &HashMap<&str, Expr>) -> Result<Expr, Unusable> {
    let mut names: Vec<&&str> = named.keys().filter(|name| pattern.matches_detection_name(name)).collect();
    if names.is_empty() {
        return Err(Unusable::new(format!("the condition's `{pattern}` fits no detection")));
    }
    names.sort_unstable();
    let parts: Vec<Expr> = names.into_iter().filter_map(|name| named.get(*name).cloned()).collect();
    Ok(match quantifier {
        Quantifier::Any | Quantifier::Count(1) => Expr::any(parts),
        Quantifier::All => Expr::all(parts),
        Quantifier::Count(0) => Expr::Const(true),
        Quantifier::Count(wanted) => Expr::AtLeast(u32::try_from(*wanted).unwrap_or(u32::MAX), parts),
    })
}
