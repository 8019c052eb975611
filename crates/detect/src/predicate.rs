//! The smallest question a rule asks of a record: one field, one test.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::pattern::PatternSet;
use crate::slots::{SlotValue, View};

/// A field name's number in the rule set; names are compared without case and without spaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct FieldId(pub(crate) u16);

impl FieldId {
    /// Stands for "any field of the record": keywords.
    pub(crate) const ANY: FieldId = FieldId(u16::MAX);
}

/// One field, one test.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Predicate {
    pub(crate) field: FieldId,
    pub(crate) test: Test,
}

/// The kinds of test.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Test {
    /// Any of the patterns; on the text as it stands if `cased`.
    Text { cased: bool, set: PatternSet },
    /// The Windows event id is one of these (ascending).
    EventId(Vec<u32>),
    /// Any of the rule set's regular expressions, by number.
    Regex(Vec<u32>),
    /// The address lies in one of the networks.
    Cidr(Vec<Network>),
    /// The field has a value (true), or has none (false).
    Exists(bool),
    /// The field is absent, null or empty.
    Null,
    /// The number compares so with the bound.
    Number(Comparison, Number),
    /// A part of the time compares so with the bound.
    TimePart(TimePart, Comparison, i64),
    /// The text relates so to the text of another field.
    SameAs { other: FieldId, anchoring: Anchoring, cased: bool },
}

/// A bound: whole where the rule wrote it so. The float is kept as bits, so that predicates can be told apart exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Number(u64);

impl Number {
    pub(crate) fn new(value: f64) -> Number {
        Number(value.to_bits())
    }

    fn value(self) -> f64 {
        f64::from_bits(self.0)
    }
}

/// How a number is compared with a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    pub(crate) fn holds<N: PartialOrd>(self, value: N, bound: N) -> bool {
        match self {
            Comparison::Equal => value == bound,
            Comparison::Less => value < bound,
            Comparison::LessOrEqual => value <= bound,
            Comparison::Greater => value > bound,
            Comparison::GreaterOrEqual => value >= bound,
        }
    }
}

/// The parts of a time that rules may compare (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum TimePart {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

impl TimePart {
    fn of(self, time: Timestamp) -> i64 {
        let time = time.to_zoned(jiff::tz::TimeZone::UTC);
        match self {
            TimePart::Minute => time.minute().into(),
            TimePart::Hour => time.hour().into(),
            TimePart::Day => time.day().into(),
            TimePart::Week => time.date().iso_week_date().week().into(),
            TimePart::Month => time.month().into(),
            TimePart::Year => time.year().into(),
        }
    }
}

/// Where one field's text must stand in another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Anchoring {
    Whole,
    Start,
    End,
    Within,
}

/// An address range: IPv4 lives in the mapped part of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Network {
    address: u128,
    mask: u128,
}

impl Network {
    /// Reads `192.0.2.0/24` or `2001:db8::/32`; an address alone is a network of one.
    pub(crate) fn parse(text: &str) -> Option<Network> {
        let (address, length) = text.trim().split_once('/').map_or((text.trim(), None), |(address, length)| (address, Some(length)));
        let address: IpAddr = address.parse().ok()?;
        let (widest, lead) = if address.is_ipv4() { (32, 96) } else { (128, 0) };
        let length: u32 = length.map_or(Some(widest), |length| length.parse().ok())?;
        if length > widest {
            return None;
        }
        let mask = u128::MAX.checked_shl(128 - lead - length).unwrap_or(0);
        Some(Network { address: mapped(address) & mask, mask })
    }

    fn contains(self, address: u128) -> bool {
        address & self.mask == self.address
    }
}

fn mapped(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_ipv6_mapped()),
        IpAddr::V6(address) => u128::from(address),
    }
}

impl Predicate {
    /// The answer for one record.
    pub(crate) fn holds(&self, view: &View<'_, '_>) -> bool {
        match &self.test {
            Test::Text { cased, set } => view.any(self.field, |value| text_holds(view, value, *cased, set)),
            Test::EventId(ids) => ids.binary_search(&view.record.event_id).is_ok(),
            Test::Regex(ids) => view.any(self.field, |value| ids.iter().any(|id| view.regexes.is_match(*id, view.raw(value)))),
            Test::Cidr(networks) => view.any(self.field, |value| {
                let text = view.raw(value).trim();
                let address = text.split_once('%').map_or(text, |(address, _)| address).parse();
                address.is_ok_and(|address| networks.iter().any(|network| network.contains(mapped(address))))
            }),
            Test::Exists(wanted) => view.any(self.field, |value| !value.null) == *wanted,
            Test::Null => !view.any(self.field, |value| !value.null && !view.folded(value).is_empty()),
            Test::Number(comparison, bound) => {
                view.any(self.field, |value| number(view.raw(value)).is_some_and(|value| comparison.holds(value, bound.value())))
            }
            Test::TimePart(part, comparison, bound) => view.any(self.field, |value| {
                let text = view.raw(value);
                time(text).is_some_and(|time| comparison.holds(part.of(time), *bound))
            }),
            Test::SameAs { other, anchoring, cased } => view.any(self.field, |value| {
                !value.null && view.any(*other, |second| !second.null && related(view, value, second, *anchoring, *cased))
            }),
        }
    }

    /// Roughly how long the test takes, to ask the cheap questions first.
    pub(crate) fn cost(&self) -> u32 {
        let fields = if self.field == FieldId::ANY { 20 } else { 1 };
        let test = match &self.test {
            Test::EventId(_) | Test::Exists(_) | Test::Null => 1,
            Test::Text { set, .. } => {
                let each = |pattern| match pattern {
                    crate::pattern::Pattern::Contains(_) => 8,
                    crate::pattern::Pattern::Glob(_) => 16,
                    _ => 2,
                };
                set.patterns().map(each).sum()
            }
            Test::SameAs { .. } | Test::Number(..) => 6,
            Test::TimePart(..) | Test::Cidr(_) => 20,
            Test::Regex(ids) => 200 * u32::try_from(ids.len()).unwrap_or(u32::MAX / 400),
        };
        fields * test
    }
}

fn text_holds(view: &View<'_, '_>, value: &SlotValue, cased: bool, set: &PatternSet) -> bool {
    if value.null {
        set.holds_empty()
    } else if cased {
        set.matches(view.raw(value).as_bytes())
    } else {
        set.matches(view.folded(value))
    }
}

fn related(view: &View<'_, '_>, value: &SlotValue, second: &SlotValue, anchoring: Anchoring, cased: bool) -> bool {
    let (text, wanted) = match cased {
        true => (view.raw(value).as_bytes(), view.raw(second).as_bytes()),
        false => (view.folded(value), view.folded(second)),
    };
    match anchoring {
        Anchoring::Whole => text == wanted,
        Anchoring::Start => text.starts_with(wanted),
        Anchoring::End => text.ends_with(wanted),
        Anchoring::Within => memchr::memmem::find(text, wanted).is_some(),
    }
}

/// The number that the text writes: decimal, or hexadecimal after `0x` as Windows prints ids and masks.
pub(crate) fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok().map(|value| value as f64),
        None => text.parse().ok().filter(|value: &f64| value.is_finite()),
    }
}

/// The time that the text writes: RFC 3339, or Sysmon's `2026-11-22 01:02:03.456` (UTC).
pub(crate) fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let local: jiff::civil::DateTime = text.parse().ok()?;
        local.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_network(network: &str, address: &str, expected: bool) {
        let network = Network::parse(network).unwrap();
        assert_eq!(network.contains(mapped(address.parse().unwrap())), expected, "{address}");
    }

    #[test]
    fn networks_of_both_families() {
        check_network("10.0.0.0/8", "10.255.1.2", true);
        check_network("10.0.0.0/8", "11.0.0.0", false);
        check_network("0.0.0.0/0", "203.0.113.9", true);
        check_network("0.0.0.0/0", "2001:db8::1", false);
        check_network("fe80::/10", "fe80::1", true);
        check_network("::/0", "2001:db8::1", true);
        check_network("192.0.2.7", "192.0.2.7", true);
        assert_eq!(Network::parse("10.0.0.0/33"), None);
        assert_eq!(Network::parse("ten/8"), None);
    }

    #[test]
    fn numbers_as_windows_writes_them() {
        assert_eq!(number("0x1F"), Some(31.0));
        assert_eq!(number(" 42 "), Some(42.0));
        assert_eq!(number("nan"), None);
        assert_eq!(number("4a"), None);
    }

    #[test]
    fn parts_of_a_time() {
        let time = time("2026-11-22 01:02:03.456").unwrap();
        let parts = [TimePart::Minute, TimePart::Hour, TimePart::Day, TimePart::Week, TimePart::Month, TimePart::Year];
        assert_eq!(parts.map(|part| part.of(time)), [2, 1, 22, 47, 11, 2026]);
    }
}
