//! Sites: a place as written, and its city, state and country where they can be told apart.

use std::sync::LazyLock;

use jiff::tz::TimeZone;
use regex::Regex;
use serde::{Deserialize, Serialize};

use super::book::{Book, Item};
use super::fold::folded;
use super::form::{Form, Found};
use super::zone;

/// Sites of one request.
const MOST: usize = 100;
/// Letters of one site, and of a line of several.
const LONGEST: usize = 500;
const LONGEST_LINE: usize = 4000;

/// A place of the organisation that is affected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// As written.
    pub raw: String,
    /// Town or ward, as written.
    pub city: Option<String>,
    /// State, prefecture or province, as written.
    pub state: Option<String>,
    /// Country, as written.
    pub country: Option<String>,
}

static PREFECTURE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(東京都|北海道|京都府|大阪府|神奈川県|和歌山県|鹿児島県|[^\s、,]{2}県)[\s　、,]*(.*)$").ok());
static TOWN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^([^\s0-90-9、,]{1,12}?[市区町村](?:[^\s0-90-9、,]{1,6}?区)?)").ok());

/// Reads the sites of a request.
pub(crate) fn sites(form: &Form, book: &Book) -> Vec<Site> {
    let mut sites: Vec<Site> = Vec::new();
    let mut parts: Vec<&Found> = Vec::new();
    for found in &form.found {
        match found.item {
            Item::Sites => {
                sites.extend(found.paragraph().iter().take(MOST).flat_map(|line| pieces(line, book)).filter_map(|piece| site(&piece, book)))
            }
            Item::City | Item::Region | Item::Country if !book.says_none(found.first()) => parts.push(found),
            _ => {}
        }
    }
    if let Some(labelled) = labelled(&parts) {
        let bare = |site: &Site| site.city.is_none() && site.state.is_none() && site.country.is_none();
        if sites.is_empty() {
            sites.push(labelled);
        } else if let Some(first) = sites.first_mut().filter(|site| bare(site)) {
            (first.city, first.state, first.country) = (labelled.city, labelled.state, labelled.country);
        }
    }
    sites.truncate(MOST);
    sites
}

/// `市: …` `都道府県: …` `国: …`, each on a line of its own.
fn labelled(parts: &[&Found]) -> Option<Site> {
    let value = |item: Item| parts.iter().find(|found| found.item == item).map(|found| found.first().to_owned());
    let (city, state, country) = (value(Item::City), value(Item::Region), value(Item::Country));
    let raw: Vec<&str> = [&city, &state, &country].into_iter().flatten().map(String::as_str).collect();
    (!raw.is_empty()).then(|| Site { raw: raw.join(", "), city: city.clone(), state: state.clone(), country: country.clone() })
}

/// How names of offices end.
const OFFICES: &[&str] = &["本社", "支社", "支店", "工場", "事業所", "営業所", "オフィス", "センター", "研究所", "拠点", "店"];

/// Several places in one line: offices in a row, behind semicolons, or each with its country behind a slash.
fn pieces(line: &str, book: &Book) -> Vec<String> {
    let line: String = line.chars().take(LONGEST_LINE).collect();
    let line = line.as_str();
    let listed: Vec<&str> = line.split(['、', '・', ',', '及', 'と']).map(str::trim).collect();
    if listed.len() > 1 && listed.iter().all(|piece| OFFICES.iter().any(|ending| piece.ends_with(ending))) {
        return listed.into_iter().map(str::to_owned).collect();
    }
    let by_semicolon: Vec<&str> = line.split([';', '；']).collect();
    let pieces = match by_semicolon.len() {
        1 => {
            let by_slash: Vec<&str> = line.split(['/', '／']).collect();
            let places = by_slash.iter().filter(|piece| piece.contains([',', '、', '，'])).count();
            let known = by_slash.iter().all(|piece| place_known(piece, book));
            if by_slash.len() > 1 && (places == by_slash.len() || known) { by_slash } else { vec![line] }
        }
        _ => by_semicolon,
    };
    pieces.into_iter().map(|piece| piece.trim().to_owned()).collect()
}

fn place_known(piece: &str, book: &Book) -> bool {
    let piece = folded(piece.trim());
    let bare = piece.trim_end_matches("本社").trim_end_matches("支社").trim_end_matches("office").trim();
    book.places.iter().any(|(name, _)| name == bare)
}

fn site(raw: &str, book: &Book) -> Option<Site> {
    let raw: String = bulletless(raw).chars().take(LONGEST).collect();
    let raw = raw.as_str();
    if raw.is_empty() || book.says_none(raw) {
        return None;
    }
    let mut site = Site { raw: raw.to_owned(), city: None, state: None, country: None };
    let bare = without_brackets(raw);
    let words: Vec<&str> = bare.split([',', '、', '，']).map(str::trim).filter(|word| !word.is_empty()).collect();
    // 「東京都 千代田区 日本」: blanks separate where nothing else does, and a country is among them.
    let blanks: Vec<&str> = bare.split_whitespace().collect();
    let by_blanks = words.len() == 1
        && blanks.len() > 1
        && (blanks.last().is_some_and(|word| is_country(word, book)) || blanks.first().is_some_and(|word| is_country(word, book)))
        && !bare.is_ascii();
    let mut words = if by_blanks { blanks } else { words };
    if words.last().is_some_and(|word| is_country(word, book)) && (words.len() > 2 || !is_short_region(words.last(), book)) {
        site.country = words.pop().map(str::to_owned);
    } else if words.first().is_some_and(|word| is_country(word, book)) && words.len() > 1 {
        site.country = Some(words.remove(0).to_owned());
    } else if let Some((country, rest)) = words.first().and_then(|word| leading_country(word, book)) {
        site.country = Some(country);
        words = std::iter::once(rest).chain(words.into_iter().skip(1)).collect();
    }
    fill(&mut site, &words, book);
    Some(site)
}

/// What stands in front of a comma is the city, what stands behind it the state; a Japanese address goes from the large to the small.
fn fill(site: &mut Site, words: &[&str], book: &Book) {
    let (prefecture, town) = words.iter().fold((None, None), |(prefecture, town), word| {
        let (found, rest) = prefecture_of(word);
        (prefecture.or(found), town.or_else(|| town_of(rest)))
    });
    if prefecture.is_some() || town.is_some() {
        (site.state, site.city) = (prefecture, town);
        if let (None, Some(town)) = (&site.state, &site.city) {
            site.state =
                words.iter().find(|word| !word.contains(town.as_str()) && !word.contains(char::is_numeric)).map(|word| (*word).to_owned());
        }
        if site.city.is_none() {
            site.city = words.iter().find(|word| prefecture_of(word).0.is_none()).map(|word| (*word).to_owned());
        }
        return;
    }
    match words {
        [] => {}
        [one] => match is_region(one, book) && !is_place(one, book) {
            true => site.state = Some((*one).to_owned()),
            false => site.city = Some((*one).to_owned()),
        },
        [.., city, state] if site.country.is_some() || is_region(state, book) || words.len() == 2 => {
            site.city = Some((*city).to_owned());
            site.state = Some((*state).to_owned());
        }
        [city, state, country, ..] => {
            site.city = Some((*city).to_owned());
            site.state = Some((*state).to_owned());
            site.country.get_or_insert_with(|| (*country).to_owned());
        }
        _ => {}
    }
}

fn bulletless(raw: &str) -> &str {
    let raw = raw.trim().trim_start_matches(['-', '*', '・', '•', '●', '○', '■', '◆']).trim_start();
    let digits = raw.chars().take_while(char::is_ascii_digit).count();
    match raw.get(digits..).and_then(|rest| rest.strip_prefix(['.', ')', '）'])) {
        Some(rest) if digits > 0 => rest.trim(),
        _ => raw,
    }
}

fn without_brackets(text: &str) -> String {
    let mut depth = 0_i32;
    text.chars()
        .filter(|letter| {
            match letter {
                '(' | '（' => depth += 1,
                ')' | '）' => {
                    depth -= 1;
                    return false;
                }
                _ => {}
            }
            depth <= 0
        })
        .collect::<String>()
        .trim()
        .to_owned()
}

fn prefecture_of(word: &str) -> (Option<String>, &str) {
    let found = PREFECTURE.as_ref().and_then(|pattern| pattern.captures(word));
    match found.and_then(|found| Some((found.get(1)?.as_str().to_owned(), found.get(2)?.start()))) {
        Some((name, rest)) => (Some(name), word.get(rest..).unwrap_or_default()),
        None => (None, word),
    }
}

fn town_of(word: &str) -> Option<String> {
    TOWN.as_ref()?.captures(word)?.get(1).map(|town| town.as_str().to_owned())
}

fn is_country(word: &str, book: &Book) -> bool {
    let word = folded(word);
    book.countries.iter().any(|(name, _)| *name == word.trim())
}

fn is_region(word: &str, book: &Book) -> bool {
    let word = folded(word);
    book.regions.iter().any(|(name, _)| *name == word.trim())
}

fn is_place(word: &str, book: &Book) -> bool {
    let word = folded(word);
    book.places.iter().any(|(name, _)| *name == word.trim())
}

/// Two letters that are a state before they are a country: `CA`.
fn is_short_region(word: Option<&&str>, book: &Book) -> bool {
    word.is_some_and(|word| is_region(word, book) && folded(word).len() == 2)
}

/// 「日本東京都…」.
fn leading_country<'w>(word: &'w str, book: &Book) -> Option<(String, &'w str)> {
    let found = book
        .countries
        .iter()
        .filter(|(name, _)| !name.is_ascii())
        .find_map(|(name, _)| word.strip_prefix(name.as_str()).map(|rest| (name, rest)))?;
    let rest = found.1.trim_start_matches([' ', '　']);
    (!rest.is_empty() && prefecture_of(rest).0.is_some()).then(|| (found.0.clone(), rest))
}

/// The zone that all sites share.
pub(crate) fn zone_of(sites: &[Site], book: &Book) -> Option<TimeZone> {
    let mut zones = sites.iter().map(|site| one_zone(site, book));
    let first = zones.next()??;
    zones.all(|zone| zone.as_ref() == Some(&first)).then_some(first)
}

fn one_zone(site: &Site, book: &Book) -> Option<TimeZone> {
    let folded_field = |field: &Option<String>| field.as_deref().map(folded);
    let country =
        folded_field(&site.country).and_then(|name| book.countries.iter().find(|(known, _)| *known == name).map(|(_, zone)| zone.clone()));
    if let Some(Some(zone)) = country {
        return Some(zone);
    }
    let japanese = [&site.state, &site.city].into_iter().flatten().any(|name| prefecture_of(name).0.is_some());
    if japanese {
        return book.countries.iter().find(|(name, _)| name == "日本").and_then(|(_, zone)| zone.clone());
    }
    let city = folded_field(&site.city).and_then(|city| zone::place(&city, book)).map(|(.., zone)| zone);
    let region =
        || folded_field(&site.state).and_then(|state| book.regions.iter().find(|(name, _)| *name == state).map(|(_, zone)| zone.clone()));
    city.or_else(region).or_else(|| zone::place(&folded(&site.raw), book).map(|(.., zone)| zone))
}

#[cfg(test)]
mod tests {
    use hikeshi_domain::playbook::Files;

    use super::*;

    fn check(raw: &str, city: Option<&str>, state: Option<&str>, country: Option<&str>) {
        let book = Book::load(&Files::shipped()).unwrap();
        let site = site(raw, &book).unwrap();
        assert_eq!((site.city.as_deref(), site.state.as_deref(), site.country.as_deref()), (city, state, country), "{raw}");
    }

    // covers: S0-74
    #[test]
    fn city_state_and_country_are_told_apart() {
        check("Chiyoda-ku, Tokyo, Japan", Some("Chiyoda-ku"), Some("Tokyo"), Some("Japan"));
        check("東京都千代田区、日本", Some("千代田区"), Some("東京都"), Some("日本"));
        check("日本、大阪府、大阪市", Some("大阪市"), Some("大阪府"), Some("日本"));
        check("日本 神奈川県 横浜市", Some("横浜市"), Some("神奈川県"), Some("日本"));
        check("日本東京都港区", Some("港区"), Some("東京都"), Some("日本"));
        check("大阪市、大阪府、日本", Some("大阪市"), Some("大阪府"), Some("日本"));
        check("千代田区、東京、日本", Some("千代田区"), Some("東京"), Some("日本"));
        check("神奈川県横浜市西区1-1", Some("横浜市西区"), Some("神奈川県"), None);
        check("London, UK", Some("London"), None, Some("UK"));
        check("San Jose, CA", Some("San Jose"), Some("CA"), None);
        check("Atlanta, Georgia, USA", Some("Atlanta"), Some("Georgia"), Some("USA"));
        check("1) Sydney, NSW, Australia (head office)", Some("Sydney"), Some("NSW"), Some("Australia"));
        check("本社", Some("本社"), None, None);
        check("Singapore", None, None, Some("Singapore"));
    }
}
