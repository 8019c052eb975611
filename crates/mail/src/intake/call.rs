//! The wished scoping call: as written, and as an instant where the writer said enough for one.

use hikeshi_domain::phrase::Language;
use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Serialize};

use super::book::{Book, Item, Zone};
use super::fold::folded;
use super::form::{Form, Found};
use super::site::{self, Site};
use super::time::{SlashOrder, wishes};
use super::zone;
use crate::defect::{Defect, DefectKind};
use crate::mail::Mail;

/// When a scoping call is wished.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ScopingCall {
    /// As written.
    pub raw: Option<String>,
    /// The first wish that names a day and a time, RFC 3339 with the offset in which it was meant; none where the zone is not known.
    pub wished: Option<String>,
    /// The zone in which it was meant: a name of the tz database, or an offset.
    pub tz: Option<String>,
}

/// Reads the wish.
pub(crate) fn scoping_call(
    form: &Form,
    sites: &[Site],
    mail: &Mail,
    language: Language,
    book: &Book,
    defects: &mut Vec<Defect>,
) -> ScopingCall {
    let Some(found) = form.value(Item::ScopingCall, book) else { return ScopingCall::default() };
    let raw = found.paragraph().join("\n");
    let stated = form.value(Item::Timezone, book).map(Found::text).unwrap_or_default();
    // The zone may stand beside the wish, elsewhere in the item, in the label's brackets, or under a label of its own.
    let shared = [raw.as_str(), found.hint.as_str(), stated.as_str()].into_iter().find_map(|text| zone_in(text, book));
    let fallback = || site::zone_of(sites, book).or_else(|| of_date(mail, language)).map(|zone| Zone { zone, offset: None });
    let text = strip_offsets(&folded(&raw), book);
    let Some(wish) = wishes(&text, mail.date.as_ref(), order(sites, language, book)).into_iter().next() else {
        let tz = shared.and_then(|zone| zone.zone.iana_name().map(str::to_owned));
        return ScopingCall { raw: Some(raw), wished: None, tz };
    };
    if wish.weekday_differs {
        let detail = format!("the weekday that is named is not that of {}", wish.at.date());
        defects.push(Defect { kind: DefectKind::Item, place: "scoping_call".to_owned(), detail });
    }
    let zone = zone_in(&wish.around, book).or(shared).or_else(fallback);
    let placed = zone.and_then(|zone| zone::placed(wish.at, &zone));
    let (wished, tz) = placed.map(|(at, name)| (at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(), name)).unzip();
    ScopingCall { raw: Some(raw), wished, tz }
}

fn zone_in(text: &str, book: &Book) -> Option<Zone> {
    zone::named(&folded(text), book).map(|named| named.zone)
}

/// The text without numbers that are offsets: `+09:00` is no time of day.
fn strip_offsets(text: &str, book: &Book) -> String {
    let mut left = text.to_owned();
    for _ in 0..6 {
        match zone::named(&left, book).filter(|named| named.zone.zone.iana_name().is_none()) {
            Some(named) => left = named.rest,
            None => break,
        }
    }
    left
}

/// Nothing says where: the offset of the mail's own date, where it can only be one country's.
fn of_date(mail: &Mail, language: Language) -> Option<TimeZone> {
    let offset = mail.date.as_ref()?.offset();
    let japan = Offset::from_seconds(9 * 3600).ok()?;
    if offset == japan && language == Language::Ja { TimeZone::get("Asia/Tokyo").ok() } else { None }
}

/// In which order a day and a month stand that are only numbers.
fn order(sites: &[Site], language: Language, book: &Book) -> SlashOrder {
    if language == Language::Ja {
        return SlashOrder::MonthDay;
    }
    let zones: Vec<String> = sites
        .iter()
        .filter_map(|site| site::zone_of(std::slice::from_ref(site), book))
        .filter_map(|zone| zone.iana_name().map(str::to_owned))
        .collect();
    let american = |name: &String| {
        ["America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles"].contains(&name.as_str())
    };
    match zones.as_slice() {
        [] => SlashOrder::Unknown,
        all if all.iter().all(american) => SlashOrder::MonthDay,
        all if all.iter().all(|name| name.starts_with("Europe/") || name.starts_with("Australia/")) => SlashOrder::DayMonth,
        _ => SlashOrder::Unknown,
    }
}
