//! One `field|modifiers: values` line of a rule, made into predicates.

use rsigma_parser::{DetectionItem, Modifier, SigmaValue, SpecialChar, StringPart};

use crate::encode::{base64, base64_offsets, utf16, utf16be, utf16le};
use crate::expr::Expr;
use crate::lower::{Lowering, Unusable};
use crate::pattern::{Glob, Pattern, PatternSet, RawPart};
use crate::predicate::{Anchoring, Comparison, FieldId, Network, Number, Test, TimePart};
use crate::regexes::Expression;

/// What the modifiers of a line ask for, apart from the text transformations.
#[derive(Debug, Default)]
struct Shape {
    all: bool,
    cased: bool,
    negated: bool,
    exists: bool,
    regex: bool,
    cidr: bool,
    field_ref: bool,
    anchoring: Option<Anchoring>,
    comparison: Option<Comparison>,
    part: Option<TimePart>,
    ignore_case: bool,
    multi_line: bool,
    dot_all: bool,
}

impl Shape {
    fn of(modifiers: &[Modifier]) -> Shape {
        let mut shape = Shape::default();
        for modifier in modifiers {
            match modifier {
                Modifier::All => shape.all = true,
                Modifier::Cased => shape.cased = true,
                Modifier::Neq => shape.negated = true,
                Modifier::Exists => shape.exists = true,
                Modifier::Re => shape.regex = true,
                Modifier::Cidr => shape.cidr = true,
                Modifier::FieldRef => shape.field_ref = true,
                Modifier::Contains => shape.anchoring = Some(Anchoring::Within),
                Modifier::StartsWith => shape.anchoring = Some(Anchoring::Start),
                Modifier::EndsWith => shape.anchoring = Some(Anchoring::End),
                Modifier::Gt => shape.comparison = Some(Comparison::Greater),
                Modifier::Gte => shape.comparison = Some(Comparison::GreaterOrEqual),
                Modifier::Lt => shape.comparison = Some(Comparison::Less),
                Modifier::Lte => shape.comparison = Some(Comparison::LessOrEqual),
                Modifier::Minute => shape.part = Some(TimePart::Minute),
                Modifier::Hour => shape.part = Some(TimePart::Hour),
                Modifier::Day => shape.part = Some(TimePart::Day),
                Modifier::Week => shape.part = Some(TimePart::Week),
                Modifier::Month => shape.part = Some(TimePart::Month),
                Modifier::Year => shape.part = Some(TimePart::Year),
                Modifier::IgnoreCase => shape.ignore_case = true,
                Modifier::Multiline => shape.multi_line = true,
                Modifier::DotAll => shape.dot_all = true,
                // These transform the values; see `transform`.
                Modifier::Base64
                | Modifier::Base64Offset
                | Modifier::Wide
                | Modifier::Utf16be
                | Modifier::Utf16
                | Modifier::WindAsh
                | Modifier::Expand => {}
            }
        }
        shape
    }
}

/// The predicates of one line, joined as its modifiers ask.
pub(crate) fn lower_item(item: &DetectionItem, lowering: &mut Lowering) -> Result<Expr, Unusable> {
    let shape = Shape::of(&item.field.modifiers);
    let field = match &item.field.name {
        Some(name) => lowering.field(name)?,
        None => FieldId::ANY,
    };
    let expr = match shape.all {
        true => {
            let each = item.values.chunks(1).map(|value| lower_values(field, item, value, &shape, lowering));
            Expr::all(each.collect::<Result<_, _>>()?)
        }
        false => lower_values(field, item, &item.values, &shape, lowering)?,
    };
    Ok(match shape.negated {
        true => Expr::all(vec![lowering.test(field, Test::Exists(true)), Expr::not(expr)]),
        false => expr,
    })
}

/// Any of the values.
fn lower_values(
    field: FieldId,
    item: &DetectionItem,
    values: &[SigmaValue],
    shape: &Shape,
    lowering: &mut Lowering,
) -> Result<Expr, Unusable> {
    if shape.exists {
        return values.iter().map(|value| Ok(lowering.test(field, Test::Exists(truth(value)?)))).collect::<Result<_, _>>().map(Expr::any);
    }
    if shape.regex {
        let ids: Vec<u32> = values.iter().map(|value| lowering.regex(expression(value, shape))).collect::<Result<_, _>>()?;
        return Ok(lowering.test(field, Test::Regex(ids)));
    }
    if shape.cidr {
        let network = |value: &SigmaValue| {
            let text = value.to_string();
            Network::parse(&text).ok_or_else(|| Unusable::new(format!("`{text}` is no network: expected an address and `/` and a length")))
        };
        let networks: Vec<Network> = values.iter().map(network).collect::<Result<_, _>>()?;
        return Ok(lowering.test(field, Test::Cidr(networks)));
    }
    if shape.field_ref {
        let anchoring = shape.anchoring.unwrap_or(Anchoring::Whole);
        let one = |value: &SigmaValue| {
            let other = lowering.field(&value.to_string())?;
            Ok(lowering.test(field, Test::SameAs { other, anchoring, cased: shape.cased }))
        };
        return values.iter().map(one).collect::<Result<_, _>>().map(Expr::any);
    }
    if shape.part.is_some() || shape.comparison.is_some() {
        return values.iter().map(|value| compared(field, value, shape, lowering)).collect::<Result<_, _>>().map(Expr::any);
    }
    texts(field, item, values, shape, lowering)
}

fn texts(field: FieldId, item: &DetectionItem, values: &[SigmaValue], shape: &Shape, lowering: &mut Lowering) -> Result<Expr, Unusable> {
    if let Some(ids) = event_ids(field, values, shape, lowering) {
        return Ok(lowering.test(field, Test::EventId(ids)));
    }
    let mut parts = Vec::new();
    let mut patterns: Vec<Pattern> = Vec::new();
    for value in values {
        match value {
            SigmaValue::Null => parts.push(lowering.test(field, Test::Null)),
            value => {
                let globs = transform(glob(value), &item.field.modifiers, lowering)?;
                patterns.extend(globs.into_iter().map(|glob| anchor(glob, field, shape).compile(shape.cased)));
            }
        }
    }
    if !patterns.is_empty() {
        parts.push(lowering.test(field, Test::Text { cased: shape.cased, set: PatternSet::new(patterns) }));
    }
    Ok(Expr::any(parts))
}

/// `EventID` with plain numbers is asked of the record's head.
fn event_ids(field: FieldId, values: &[SigmaValue], shape: &Shape, lowering: &Lowering) -> Option<Vec<u32>> {
    if !lowering.is_event_id(field) || shape.anchoring.is_some() {
        return None;
    }
    let id = |value: &SigmaValue| match value {
        SigmaValue::Integer(number) => u32::try_from(*number).ok(),
        SigmaValue::String(text) => text.as_plain()?.parse().ok(),
        _ => None,
    };
    let mut ids: Vec<u32> = values.iter().map(id).collect::<Option<_>>()?;
    ids.sort_unstable();
    ids.dedup();
    Some(ids).filter(|ids| !ids.is_empty() && !ids.contains(&0))
}

/// Keywords are looked for anywhere in a value (specification, "Keywords").
fn anchor(glob: Glob, field: FieldId, shape: &Shape) -> Glob {
    match shape.anchoring {
        Some(Anchoring::Within) => glob.open_start().open_end(),
        Some(Anchoring::Start) => glob.open_end(),
        Some(Anchoring::End) => glob.open_start(),
        Some(Anchoring::Whole) => glob,
        None if field == FieldId::ANY => glob.open_start().open_end(),
        None => glob,
    }
}

fn glob(value: &SigmaValue) -> Glob {
    let SigmaValue::String(text) = value else { return Glob::literal(value.to_string()) };
    let part = |part: &StringPart| match part {
        StringPart::Plain(text) => RawPart::Literal(text.clone()),
        StringPart::Special(SpecialChar::WildcardMulti) => RawPart::Many,
        StringPart::Special(SpecialChar::WildcardSingle) => RawPart::One,
    };
    Glob(text.parts.iter().map(part).collect())
}

/// Puts a value through the transforming modifiers, in their order.
fn transform(glob: Glob, modifiers: &[Modifier], lowering: &Lowering) -> Result<Vec<Glob>, Unusable> {
    let mut globs = vec![glob];
    let mut modifiers = modifiers.iter();
    let mut pending = modifiers.next();
    while let Some(modifier) = pending.take().or_else(|| modifiers.next()) {
        globs = match modifier {
            Modifier::WindAsh => globs.into_iter().map(Glob::windash).collect(),
            Modifier::Expand => lowering.expand(globs)?,
            Modifier::Base64 => encoded(&globs, |text| vec![base64(text.as_bytes())])?,
            Modifier::Base64Offset => encoded(&globs, |text| base64_offsets(text.as_bytes()).to_vec())?,
            Modifier::Wide | Modifier::Utf16be | Modifier::Utf16 => {
                let bytes = |text: &str| match modifier {
                    Modifier::Wide => utf16le(text),
                    Modifier::Utf16be => utf16be(text),
                    _ => utf16(text),
                };
                match modifiers.next() {
                    Some(Modifier::Base64) => encoded(&globs, |text| vec![base64(&bytes(text))])?,
                    Some(Modifier::Base64Offset) => encoded(&globs, |text| base64_offsets(&bytes(text)).to_vec())?,
                    next => {
                        pending = next;
                        encoded(&globs, |text| vec![String::from_utf8_lossy(&bytes(text)).into_owned()])?
                    }
                }
            }
            _ => globs,
        };
    }
    Ok(globs)
}

fn encoded(globs: &[Glob], encode: impl Fn(&str) -> Vec<String>) -> Result<Vec<Glob>, Unusable> {
    let mut out = Vec::new();
    for glob in globs {
        let text =
            glob.plain().ok_or_else(|| Unusable::new("a value with wildcards cannot be encoded: escape them, or split the value"))?;
        out.extend(encode(&text).into_iter().map(Glob::literal));
    }
    Ok(out)
}

fn truth(value: &SigmaValue) -> Result<bool, Unusable> {
    match value {
        SigmaValue::Bool(truth) => Ok(*truth),
        SigmaValue::String(text) => match text.original.to_ascii_lowercase().as_str() {
            "true" | "yes" => Ok(true),
            "false" | "no" => Ok(false),
            _ => Err(Unusable::new(format!("`exists` takes true or false, not `{}`", text.original))),
        },
        other => Err(Unusable::new(format!("`exists` takes true or false, not `{other}`"))),
    }
}

fn expression(value: &SigmaValue, shape: &Shape) -> Expression {
    let source = match value {
        SigmaValue::String(text) => text.original.clone(),
        other => other.to_string(),
    };
    Expression { source, ignore_case: shape.ignore_case, multi_line: shape.multi_line, dot_all: shape.dot_all }
}

fn compared(field: FieldId, value: &SigmaValue, shape: &Shape, lowering: &mut Lowering) -> Result<Expr, Unusable> {
    let comparison = shape.comparison.unwrap_or(Comparison::Equal);
    let text = value.to_string();
    let bound = crate::predicate::number(&text).ok_or_else(|| Unusable::new(format!("`{text}` is no number to compare with")))?;
    let test = match shape.part {
        Some(part) => Test::TimePart(part, comparison, bound as i64),
        None => Test::Number(comparison, Number::new(bound)),
    };
    Ok(lowering.test(field, test))
}
