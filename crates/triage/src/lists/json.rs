//! MISP warning lists and STIX 2.1 bundles. JSON that does not parse is refused as a whole: a list cut in transit is no list.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::LazyLock;

use hikeshi_domain::phrase::Phrase;
use regex::Regex;
use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::read::Reading;
use super::value::{Value, value};

/// Entries of an array that are kept, used or not.
const MOST_ENTRIES: usize = 2_000_000;

/// What both formats have at the top.
#[derive(Deserialize)]
struct Document<'a> {
    #[serde(default, borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(default, borrow)]
    list: Option<Few<Text<'a>>>,
    #[serde(default, borrow)]
    objects: Option<Few<Indicator<'a>>>,
}

/// What is read of a STIX object; nothing else of it is kept.
#[derive(Default)]
struct Indicator<'a> {
    kind: Text<'a>,
    pattern: Text<'a>,
    name: Text<'a>,
    revoked: bool,
}

/// A text; empty where there is something else.
#[derive(Default)]
struct Text<'a>(Cow<'a, str>);

/// The first entries of an array: few bytes of gzip are a hundred million of them.
struct Few<T> {
    entries: Vec<T>,
    more: bool,
}

/// One comparison of a STIX pattern: what is compared, and with which text.
static COMPARISON: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"([a-z0-9-]+:(?:[A-Za-z0-9_.-]|'[^']*')+)\s*=\s*'((?:[^'\\]|\\.)*)'").ok());

/// Reads the document.
pub(super) fn read(bytes: &[u8], reading: &mut Reading) {
    let document: Document<'_> = match serde_json::from_slice(bytes) {
        Ok(document) => document,
        Err(error) => return reading.refuse(Phrase::new("list.refused.json").with("detail", error.to_string())),
    };
    match (document.list, document.objects) {
        (Some(list), _) => warning_list(&list, document.kind.as_ref().map_or("string", |kind| &kind.0), reading),
        (None, Some(objects)) => bundle(&objects, reading),
        (None, None) => reading.refuse(Phrase::new("list.refused.json_shape")),
    }
}

/// A warning list of type `hostname` means what lies below, too.
fn warning_list(list: &Few<Text<'_>>, kind: &str, reading: &mut Reading) {
    if !["string", "hostname", "cidr"].contains(&kind) {
        return reading.refuse(Phrase::new("list.refused.misp_type").with("type", kind));
    }
    for (number, Text(text)) in (1_u64..).zip(&list.entries) {
        let goes_on = match value(text) {
            Ok(Value::Name { name, below }) => reading.add(Value::Name { name, below: below || kind == "hostname" }, ""),
            Ok(value) => reading.add(value, ""),
            Err(reason) => reading.reject(number, reason, text),
        };
        if !goes_on {
            return;
        }
    }
    refuse_if(list.more, reading);
}

fn refuse_if(more: bool, reading: &mut Reading) {
    if more {
        reading.refuse(Phrase::new("list.refused.entries").with("most", MOST_ENTRIES.to_string()));
    }
}

fn bundle(objects: &Few<Indicator<'_>>, reading: &mut Reading) {
    for (number, object) in (1_u64..).zip(&objects.entries) {
        let counts = object.kind.0 == "indicator" && !object.revoked;
        if counts && !pattern(number, &object.pattern.0, &object.name.0, reading) {
            return;
        }
    }
    refuse_if(objects.more, reading);
}

/// Takes a pattern that is nothing but comparisons joined by OR: each of them alone means harm. What must come together is more than a
/// list can say.
fn pattern(number: u64, pattern: &str, name: &str, reading: &mut Reading) -> bool {
    let Some(comparison) = COMPARISON.as_ref() else { return true };
    let rest = comparison.replace_all(pattern, "");
    let joined = rest.split(|letter: char| letter.is_whitespace() || "[]()".contains(letter)).all(|word| word.is_empty() || word == "OR");
    if !joined || !comparison.is_match(pattern) {
        return reading.reject(number, "stix_pattern", pattern);
    }
    comparison.captures_iter(pattern).all(|found| {
        let part = |place: usize| found.get(place).map_or("", |part| part.as_str());
        let known = ["file:hashes.", "domain-name:value", "ipv4-addr:value", "ipv6-addr:value", "url:value"];
        match known.iter().any(|path| part(1).starts_with(path)) {
            true => reading.take(number, &part(2).replace("\\'", "'").replace("\\\\", "\\"), name),
            false => reading.reject(number, "stix_object", part(1)),
        }
    })
}

/// What a visitor makes of all that it does not look for: nothing, and without keeping it.
macro_rules! nothing_of {
    ($($visit:ident($kind:ty))*) => {
        $(fn $visit<E: Error>(self, _: $kind) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        })*

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            while entries.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Text<'de>, A::Error> {
        while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Text::default())
    }

    nothing_of! { visit_bool(bool) visit_i64(i64) visit_u64(u64) visit_f64(f64) }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct FlagVisitor;

impl<'de> Visitor<'de> for FlagVisitor {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true or false")
    }

    fn visit_bool<E: Error>(self, is: bool) -> Result<bool, E> {
        Ok(is)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<bool, A::Error> {
        while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(false)
    }

    nothing_of! { visit_str(&str) visit_i64(i64) visit_u64(u64) visit_f64(f64) }
}

struct Flag(bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FlagVisitor).map(Flag)
    }
}

struct IndicatorVisitor;

impl<'de> Visitor<'de> for IndicatorVisitor {
    type Value = Indicator<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a STIX object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Indicator<'de>, A::Error> {
        let mut read = Indicator::default();
        while let Some(Text(name)) = fields.next_key()? {
            match name.as_ref() {
                "type" => read.kind = fields.next_value()?,
                "pattern" => read.pattern = fields.next_value()?,
                "name" => read.name = fields.next_value()?,
                "revoked" => read.revoked = fields.next_value::<Flag>()?.0,
                _ => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        Ok(read)
    }

    nothing_of! { visit_bool(bool) visit_str(&str) visit_i64(i64) visit_u64(u64) visit_f64(f64) }
}

impl<'de: 'a, 'a> Deserialize<'de> for Indicator<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IndicatorVisitor)
    }
}

struct FewVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for FewVisitor<T> {
    type Value = Few<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Few<T>, A::Error> {
        let mut few = Few { entries: Vec::new(), more: false };
        while few.entries.len() < MOST_ENTRIES {
            let Some(entry) = array.next_element()? else { return Ok(few) };
            few.entries.push(entry);
        }
        while array.next_element::<IgnoredAny>()?.is_some() {
            few.more = true;
        }
        Ok(few)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Few<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(FewVisitor(PhantomData))
    }
}
