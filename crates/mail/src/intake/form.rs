//! The items of a request in a text: labels with their values, however the writer set them out.
//!
//! A label may be numbered, bulleted, bracketed, stand over its value or before it, behind a colon, a tab or blanks; a value may go over
//! lines. Inside of a letter that answers, a label in the quoted text takes what the writer set below it.

use super::book::{Book, Item};
use super::fold::{folded, squeezed};
use crate::quote::{Line, Voice};

/// The longest label.
const LONGEST_LABEL: usize = 80;
/// Letters of one item that are kept.
const LONGEST_VALUE: usize = 20_000;

/// An item as it stands in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) item: Item,
    /// What stands in brackets behind the label: `(JST)`.
    pub(crate) hint: String,
    /// Lines of the value, without empty ones at both ends.
    pub(crate) lines: Vec<String>,
}

/// What a text holds.
#[derive(Debug, Default)]
pub(crate) struct Form {
    pub(crate) found: Vec<Found>,
    /// All that the writer says, labels left out, for reading as prose.
    pub(crate) prose: Vec<String>,
}

impl Form {
    /// The first value of an item that says something.
    pub(crate) fn value(&self, item: Item, book: &Book) -> Option<&Found> {
        self.found.iter().find(|found| found.item == item && !found.says_none(book))
    }

    /// How many items of the form there are, whatever they say.
    pub(crate) fn count(&self) -> usize {
        let helpers = [Item::Timezone, Item::City, Item::Region, Item::Country, Item::Other];
        let mut items: Vec<Item> = self.found.iter().map(|found| found.item).filter(|item| !helpers.contains(item)).collect();
        items.sort_unstable();
        items.dedup();
        items.len()
    }
}

impl Found {
    /// The value on one line or several, blanks at both ends removed.
    pub(crate) fn text(&self) -> String {
        self.lines.join("\n").trim().chars().take(LONGEST_VALUE).collect()
    }

    /// The lines up to the first empty one.
    pub(crate) fn paragraph(&self) -> Vec<&str> {
        self.lines.iter().map(|line| line.trim()).skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty()).collect()
    }

    /// The first line that says something.
    pub(crate) fn first(&self) -> &str {
        self.lines.iter().map(|line| line.trim()).find(|line| !line.is_empty()).unwrap_or_default()
    }

    fn says_none(&self, book: &Book) -> bool {
        let text = self.text();
        book.says_none(&text) || is_placeholder(&text, book)
    }
}

/// `<組織名>`, `(組織名)`: the form's own words, left as they were.
fn is_placeholder(text: &str, book: &Book) -> bool {
    let bare = squeezed(text);
    let inside = [('<', '>'), ('(', ')'), ('[', ']'), ('{', '}'), ('「', '」')]
        .iter()
        .find_map(|(open, close)| bare.strip_prefix(*open)?.strip_suffix(*close));
    inside.is_some_and(|inside| book.labels.contains_key(inside) || book.says_none(inside))
}

/// Reads the lines of one voice or several.
pub(crate) fn form(lines: &[Line], book: &Book, heard: &[Voice]) -> Form {
    let mut form = Form::default();
    let mut open: Option<Found> = None;
    let mut closed = false;
    for line in lines {
        let own = heard.contains(&line.voice);
        let label = label(&line.text, book, open.as_ref().map(|found| found.item));
        match label {
            Some(label) if own => {
                form.prose.push(label.rest.to_owned());
                form.take(open.replace(label.found()));
                closed = false;
            }
            // A question of ours in the quoted text, and the answer below it.
            Some(label) if line.voice == Voice::Quoted && label.rest.trim().is_empty() => {
                form.take(open.replace(label.found()));
                closed = false;
            }
            _ if !own => form.take(open.take()),
            _ => {
                closed |= closes(&line.text, book);
                form.prose.push(line.text.clone());
                if let Some(found) = open.as_mut().filter(|_| !closed) {
                    found.lines.push(line.text.clone());
                }
            }
        }
    }
    form.take(open);
    form
}

impl Form {
    fn take(&mut self, found: Option<Found>) {
        let Some(mut found) = found else { return };
        while found.lines.last().is_some_and(|line| line.trim().is_empty()) {
            found.lines.pop();
        }
        self.found.push(found);
    }
}

/// A line that closes a letter, or rules it off.
fn closes(line: &str, book: &Book) -> bool {
    let line = folded(line.trim());
    let ruled = line.chars().count() >= 5 && line.chars().all(|letter| "-=_*~#+・‥…━═■□".contains(letter));
    ruled
        || (line.chars().count() <= 60
            && book.closings.iter().any(|closing| line.starts_with(closing.as_str()))
            && !is_sentence_of_its_own(&line))
}

/// 「以上のサーバーで…」 and *thank you for …, the server is …* go on with the matter.
fn is_sentence_of_its_own(line: &str) -> bool {
    line.strip_prefix("以上").is_some_and(|rest| rest.starts_with(['の', 'が', 'に', 'を', 'は']))
}

/// A label at the start of a line.
struct Label<'l> {
    item: Item,
    hint: String,
    rest: &'l str,
}

impl Label<'_> {
    fn found(&self) -> Found {
        let rest = self.rest.trim();
        let lines = if rest.is_empty() { Vec::new() } else { vec![rest.to_owned()] };
        Found { item: self.item, hint: self.hint.clone(), lines }
    }
}

fn label<'l>(line: &'l str, book: &Book, within: Option<Item>) -> Option<Label<'l>> {
    let bare = without_number(line);
    if bare.is_empty() {
        return None;
    }
    let mut found = bracketed(bare, book).or_else(|| separated(bare, book)).or_else(|| spaced(bare, book)).or_else(|| alone(bare, book))?;
    // Among the parts of a site, `state` is one of them.
    let site = matches!(within, Some(Item::Sites | Item::City | Item::Region | Item::Country));
    if site && found.item == Item::State && !found.rest.trim().is_empty() && super::choice::choose(found.rest, &book.state).is_none() {
        found.item = Item::Region;
    }
    belongs(&found, book, within).then_some(found)
}

/// Words such as `state` and `status` are labels only with a value that fits, or where no longer text is under way.
fn belongs(label: &Label<'_>, book: &Book, within: Option<Item>) -> bool {
    let text = matches!(within, Some(Item::Request | Item::Indicators | Item::BusinessImpact));
    match label.item {
        Item::State | Item::Service | Item::Urgency if text && !label.rest.trim().is_empty() => {
            let choices = match label.item {
                Item::State => &book.state,
                Item::Service => &book.service,
                _ => &book.urgency,
            };
            book.says_none(label.rest) || super::choice::choose(label.rest, choices).is_some()
        }
        // In a longer text, these are parts of it: `subject: …`, `from: …`, `title: …`.
        Item::Other | Item::City | Item::Region | Item::Country | Item::Timezone => !text,
        _ => true,
    }
}

/// The line behind bullets and numbers: `1.`, `(2)`, `③`, `■`, `・`, `Q4:`.
fn without_number(line: &str) -> &str {
    let mut rest = line.trim().trim_start_matches('|').trim_start();
    for _ in 0..3 {
        let before = rest;
        rest = rest
            .trim_start_matches([
                '-', '*', '#', '・', '●', '○', '◯', '■', '□', '◆', '◇', '▼', '▽', '▶', '►', '•', '‣', '◎', '※', '+', '☆', '★', '→',
            ])
            .trim_start();
        rest = numbered(rest).trim_start();
        if rest == before {
            break;
        }
    }
    rest
}

fn numbered(line: &str) -> &str {
    let mut letters = line.char_indices().peekable();
    let is_digit = |letter: char| letter.is_ascii_digit() || ('０'..='９').contains(&letter);
    let (mut end, mut digits, mut opened) = (0, 0, false);
    while let Some((at, letter)) = letters.next() {
        let next = at + letter.len_utf8();
        match letter {
            '(' | '（' | '[' | '［' if at == 0 => opened = true,
            'Q' | 'q' | '第' if at == 0 => {}
            letter if is_digit(letter) && digits < 3 => digits += 1,
            '①'..='⑳' | '⑴'..='⒇' | '❶'..='❿' if at == 0 => return line.get(next..).unwrap_or_default(),
            '.' | '．' | ')' | '）' | ']' | '］' | ':' | '：' | '、' | ',' | '-' if digits > 0 => {
                // `1:30` and `3.14` are no numbers of items.
                let goes_on = letters.peek().is_some_and(|(_, letter)| is_digit(*letter));
                end = if goes_on && !opened { 0 } else { next };
                break;
            }
            ' ' | '　' if digits > 0 && digits <= 2 => {
                end = next;
                break;
            }
            _ => break,
        }
    }
    line.get(end..).unwrap_or(line)
}

/// `【組織名】値`, `[Organization] value`, `**Organization:** value`.
fn bracketed<'l>(line: &'l str, book: &Book) -> Option<Label<'l>> {
    let pairs = [
        ("【", "】"),
        ("[", "]"),
        ("［", "］"),
        ("<", ">"),
        ("＜", "＞"),
        ("≪", "≫"),
        ("《", "》"),
        ("〈", "〉"),
        ("「", "」"),
        ("『", "』"),
        ("**", "**"),
        ("__", "__"),
    ];
    let (open, close) = pairs.iter().find(|(open, _)| line.starts_with(open))?;
    let (inside, rest) = line.strip_prefix(open)?.split_once(close)?;
    let (name, hint) = name_and_hint(inside.trim_end_matches([':', '：', ' ']));
    let item = exact(&name, book).or_else(|| by_keywords(&name, &hint, book))?;
    let (after, more) = leading_hint(rest);
    Some(Label { item: item_by_hint(item, &hint), hint: format!("{hint} {more}"), rest: without_separator(after) })
}

/// `組織名: 値`, `Organization = value`, `Organization<tab>value`.
fn separated<'l>(line: &'l str, book: &Book) -> Option<Label<'l>> {
    let mut depth = 0_i32;
    for (at, letter) in line.char_indices() {
        if at > LONGEST_LABEL * 4 {
            return None;
        }
        match letter {
            '(' | '（' | '[' | '［' | '【' => depth += 1,
            ')' | '）' | ']' | '］' | '】' => depth -= 1,
            ':' | '：' | '=' | '＝' | '\t' | '|' | '｜' | '→' | '⇒' | '︰' | '﹕' if depth <= 0 => {
                // The label of `http://…` and of `C:\…` is none.
                let (before, after) = (line.get(..at)?, line.get(at + letter.len_utf8()..)?);
                let found = named(before, book, true)?;
                return Some(Label { rest: without_separator(after), ..found });
            }
            '-' | '–' | '—'
                if depth <= 0 && line.get(..at)?.ends_with([' ', '　']) && line.get(at + letter.len_utf8()..)?.starts_with([' ', '　']) =>
            {
                let (before, after) = (line.get(..at)?, line.get(at + letter.len_utf8()..)?);
                if let Some(found) = named(before, book, false) {
                    return Some(Label { rest: after.trim_start(), ..found });
                }
            }
            _ => {}
        }
    }
    None
}

/// `組織名　　株式会社…`: a label known whole, and at least two blanks, or a wide one.
fn spaced<'l>(line: &'l str, book: &Book) -> Option<Label<'l>> {
    let gap = line.find("  ").into_iter().chain(line.find('　')).min()?;
    let found = named(line.get(..gap)?, book, false)?;
    Some(Label { rest: line.get(gap..)?.trim_start(), ..found })
}

/// A label known whole that stands alone.
fn alone<'l>(line: &'l str, book: &Book) -> Option<Label<'l>> {
    named(line, book, false).map(|found| Label { rest: "", ..found })
}

fn named<'l>(before: &str, book: &Book, keywords: bool) -> Option<Label<'l>> {
    let (name, hint) = name_and_hint(before);
    let item = exact(&name, book).or_else(|| if keywords { by_keywords(&name, &hint, book) } else { None })?;
    Some(Label { item: item_by_hint(item, &hint), hint, rest: "" })
}

/// `電話番号(副)`.
fn item_by_hint(item: Item, hint: &str) -> Item {
    let hint = folded(hint);
    let second = ["副", "携帯", "secondary", "alternate", "mobile", "backup", "2"].iter().any(|word| hint.trim() == *word);
    if item == Item::PhonePrimary && second { Item::PhoneSecondary } else { item }
}

/// A label without what stands in brackets, and that.
fn name_and_hint(text: &str) -> (String, String) {
    let (mut name, mut hint, mut depth) = (String::new(), String::new(), 0_i32);
    for letter in text.chars().take(400) {
        match letter {
            '(' | '（' | '[' | '［' => depth += 1,
            ')' | '）' | ']' | '］' => depth -= 1,
            letter if depth > 0 => hint.push(letter),
            letter => name.push(letter),
        }
    }
    (name, hint)
}

/// Brackets right behind a label: `【希望日時】(JST) …`.
fn leading_hint(rest: &str) -> (&str, String) {
    let trimmed = rest.trim_start();
    let inside = [('(', ')'), ('（', '）')].iter().find_map(|(open, close)| trimmed.strip_prefix(*open)?.split_once(*close));
    match inside {
        Some((hint, after)) if after.trim_start().starts_with([':', '：']) || after.trim().is_empty() => (after, hint.to_owned()),
        _ => (rest, String::new()),
    }
}

fn without_separator(rest: &str) -> &str {
    let rest = rest.trim_start();
    let rest = rest.strip_prefix([':', '：', '=', '＝', '|', '｜', '→']).unwrap_or(rest);
    let rest = rest.strip_prefix("**").unwrap_or(rest);
    rest.trim().strip_suffix('|').unwrap_or(rest).trim()
}

/// A label without marks of duty, politeness and blanks.
fn key(name: &str) -> String {
    let bare: String = squeezed(name).chars().filter(|letter| !matches!(letter, '*' | '_' | '※' | ':' | '?' | '"' | '`' | '#')).collect();
    let bare = ["the", "your", "our", "ご", "御"].iter().fold(bare.as_str(), |bare, start| bare.strip_prefix(start).unwrap_or(bare));
    let bare = bare.strip_suffix('欄').unwrap_or(bare);
    bare.strip_suffix("必須").unwrap_or(bare).to_owned()
}

fn exact(name: &str, book: &Book) -> Option<Item> {
    if name.chars().count() > LONGEST_LABEL {
        return None;
    }
    let key = key(name);
    book.labels.get(&key).or_else(|| book.labels.get(&squeezed(name))).copied()
}

fn by_keywords(name: &str, hint: &str, book: &Book) -> Option<Item> {
    let words = folded(name);
    // A sentence is no label.
    if words.trim().chars().count() > LONGEST_LABEL || words.contains(['。', '、', '!', ';', '「']) || words.split_whitespace().count() > 10
    {
        return None;
    }
    if name.trim().is_empty() || words.contains("http") {
        return None;
    }
    let whole = format!("{words} {}", folded(hint));
    let has = |group: &Vec<String>| group.iter().any(|word| whole.contains(word.as_str()));
    let fits = |entry: &&super::book::Keyword| {
        entry.all.first().is_none_or(|first| first.iter().any(|word| words.contains(word.as_str())))
            && entry.all.iter().all(has)
            && !has(&entry.not)
    };
    book.keywords.iter().find(fits).map(|entry| entry.item)
}

#[cfg(test)]
mod tests {
    use hikeshi_domain::playbook::Files;

    use super::*;

    fn check(line: &str, expected: Option<(Item, &str)>) {
        let book = Book::load(&Files::shipped()).unwrap();
        let found = label(line, &book, None).map(|label| (label.item, label.rest.trim().to_owned()));
        assert_eq!(found.as_ref().map(|(item, rest)| (*item, rest.as_str())), expected, "{line}");
    }

    // covers: S0-73, S0-74, S0-75, S0-76, S0-77, S0-78, S0-79, S0-80, S0-81, S0-82, S0-83, S0-84, S0-85
    #[test]
    fn a_label_is_known_however_it_is_set() {
        check("組織名: 株式会社A", Some((Item::Organization, "株式会社A")));
        check("１．組織名：株式会社A", Some((Item::Organization, "株式会社A")));
        check("(3) Contact person's name: Ann", Some((Item::Name, "Ann")));
        check("■【担当者主電話番号】０３−１２３４", Some((Item::PhonePrimary, "０３−１２３４")));
        check("電話番号（副）： 090", Some((Item::PhoneSecondary, "090")));
        check("影響を受けた組織拠点（市、州、国）：東京", Some((Item::Sites, "東京")));
        check("Affected site (city, state, country): Tokyo", Some((Item::Sites, "Tokyo")));
        check("担当者メールアドレス　　a@example.jp", Some((Item::Email, "a@example.jp")));
        check("**Retainer service type:** Emergency", Some((Item::Service, "Emergency")));
        check("リクエストの緊急度 (緊急/緊急ではない): 緊急", Some((Item::Urgency, "緊急")));
        check("Current state (ongoing, contained, future threat)\tongoing", Some((Item::State, "ongoing")));
        check("脅威インジケーター", Some((Item::Indicators, "")));
        check("The impact on business is none yet", None);
        check("Business impact - shop closed", Some((Item::BusinessImpact, "shop closed")));
        check("| リクエスト内容 | 調査 |", Some((Item::Request, "調査")));
        check("スコーピングコール希望日時（現地タイムゾーン）：3月14日 10:00", Some((Item::ScopingCall, "3月14日 10:00")));
        check("Please call us at once: the server is down", None);
        check("http://organization.example/", None);
        check("10:30 に組織名を変更", None);
        check("当社の組織名は次の通りです。", None);
    }
}
