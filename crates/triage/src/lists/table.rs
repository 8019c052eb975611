//! Lists of lines: one indicator a line, or a table whose header says which columns hold indicators.
//!
//! Each line stands for itself: a quote that is never closed spoils one line, not the rest of the file.

use super::read::{Reading, decoded};
use super::value::value;

/// Names of columns that hold indicators, without case, spaces and signs.
const INDICATORS: [&str; 30] = [
    "sha256",
    "sha256hash",
    "sha1",
    "sha1hash",
    "md5",
    "md5hash",
    "hash",
    "filehash",
    "domain",
    "domainname",
    "hostname",
    "fqdn",
    "ip",
    "ipaddress",
    "ipv4",
    "ipv6",
    "dstip",
    "cidr",
    "url",
    "indicator",
    "indicatorvalue",
    "ioc",
    "iocvalue",
    "value",
    "ハッシュ",
    "ハッシュ値",
    "ドメイン",
    "ドメイン名",
    "ipアドレス",
    "指標",
];
/// Names of columns that say what an indicator belongs to.
const LABELS: [&str; 15] = [
    "name",
    "description",
    "signature",
    "malware",
    "malwarefamily",
    "family",
    "malwareprintable",
    "threat",
    "label",
    "comment",
    "名称",
    "名前",
    "説明",
    "備考",
    "脅威名",
];
const DELIMITERS: [char; 3] = [',', ';', '\t'];
/// A cell that says that there is nothing.
const NOTHING: [&str; 5] = ["", "-", "n/a", "none", "null"];

/// What a header says.
struct Columns {
    delimiter: char,
    indicators: Vec<usize>,
    labels: Vec<usize>,
}

/// Reads all lines.
pub(super) fn read(bytes: &[u8], reading: &mut Reading) {
    let mut columns: Option<Columns> = None;
    let mut began = false;
    for (number, line) in (1_u64..).zip(bytes.split(|byte| *byte == b'\n')) {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        if line.len() > reading.limits.line_bytes {
            reading.reject(number, "line_length", "");
            continue;
        }
        let text = decoded(line);
        if let Some(comment) = text.strip_prefix('#') {
            if !began && columns.is_none() {
                // Some publishers write the header as the last comment.
                columns = header(comment).filter(|columns| columns.indicators.len() + columns.labels.len() > 1);
            }
            continue;
        }
        if !began {
            began = true;
            if let Some(found) = header(&text) {
                columns = Some(found);
                continue;
            }
        }
        let goes_on = match &columns {
            Some(columns) => row(number, &text, columns, reading),
            None => plain(number, &text, reading),
        };
        if !goes_on {
            return;
        }
    }
}

/// The columns, if the line names one that holds indicators.
fn header(line: &str) -> Option<Columns> {
    let bare = |cell: &String| cell.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let delimiter = DELIMITERS.into_iter().max_by_key(|delimiter| line.matches(*delimiter).count()).unwrap_or(',');
    let names: Vec<String> = cells(line, delimiter).iter().map(bare).collect();
    let places = |known: &[&str]| {
        names.iter().enumerate().filter(|(_, name)| known.contains(&name.as_str())).map(|(place, _)| place).collect::<Vec<usize>>()
    };
    let (indicators, labels) = (places(&INDICATORS), places(&LABELS));
    (!indicators.is_empty()).then_some(Columns { delimiter, indicators, labels })
}

fn row(number: u64, line: &str, columns: &Columns, reading: &mut Reading) -> bool {
    let cells = cells(line, columns.delimiter);
    let filled = |places: &[usize]| -> Vec<&str> {
        let here = places.iter().filter_map(|place| cells.get(*place)).map(|cell| cell.trim());
        here.filter(|cell| !NOTHING.contains(&cell.to_ascii_lowercase().as_str())).collect()
    };
    let label = filled(&columns.labels).first().copied().unwrap_or_default();
    let indicators = filled(&columns.indicators);
    if indicators.is_empty() {
        return reading.reject(number, "no_indicator", line);
    }
    indicators.into_iter().all(|text| reading.take(number, text, label))
}

/// A line without a table around it: an indicator, perhaps with a name behind it; also as `sha256sum` and hosts files write it.
fn plain(number: u64, line: &str, reading: &mut Reading) -> bool {
    let (text, comment) = [" #", "\t#"].iter().find_map(|mark| line.split_once(mark)).unwrap_or((line, ""));
    if let Ok(value) = value(text) {
        return reading.add(value, comment);
    }
    let text = text.trim();
    let between = |letter: char| letter.is_whitespace() || DELIMITERS.contains(&letter);
    let (first, rest) = text.split_once(between).unwrap_or((text, ""));
    let rest = rest.trim_matches(|letter| between(letter) || letter == '"' || letter == '*');
    let name = if comment.is_empty() { rest } else { comment };
    match value(first) {
        Ok(value) => reading.add(value, name),
        Err("own_address") if !rest.is_empty() => {
            rest.split(between).filter(|name| !name.is_empty()).all(|name| reading.take(number, name, comment))
        }
        Err(reason) => reading.reject(number, reason, text),
    }
}

fn cells(line: &str, delimiter: char) -> Vec<String> {
    let mut cells = vec![String::new()];
    let (mut quoted, mut letters) = (false, line.chars().peekable());
    while let Some(letter) = letters.next() {
        if letter == '"' {
            if quoted && letters.peek() == Some(&'"') {
                letters.next();
            } else {
                quoted = !quoted;
                continue;
            }
        } else if letter == delimiter && !quoted {
            cells.push(String::new());
            continue;
        }
        if let Some(cell) = cells.last_mut() {
            cell.push(letter);
        }
    }
    cells
}
