//! The data file of the template: the view with what a page needs besides, namely lines already broken, pictures as shapes and
//! characters that the fonts lack replaced by their code points. The template sets it and thinks nothing up.

use serde_json::{Value, json};

use crate::DocumentError;
use crate::fonts::{Fonts, fonts};
use crate::picture;
use crate::view::View;

/// Sizes of fixed-width text, in points; a hash of 64 digits has to fit into one line of `DETAIL_WIDTH`.
const CODE_SIZE: f64 = 7.2;
/// Widths for values of facts, details of rows, indicators, rows of the process table, paths of log files.
const FACT_WIDTH: f64 = 385.0;
const DETAIL_WIDTH: f64 = 279.0;
const INDICATOR_WIDTH: f64 = 486.0;
const PROCESS_WIDTH: f64 = 390.0;
const FILE_WIDTH: f64 = 450.0;
/// Marks a place where a long word may be broken. A private-use character: none is in the view, hidden characters were made visible.
const BREAK: char = '\u{E000}';
/// Longest run of letters without such a place.
const LONGEST_RUN: usize = 16;

/// The whole data file.
pub(super) fn of(view: &View) -> Result<Value, DocumentError> {
    let fonts = fonts()?;
    let mut sheet = serde_json::to_value(view)?;
    make_printable(&mut sheet, fonts);
    let lines = json!({
        "facts": view.facts.iter().map(|fact| fonts.broken(&fact.value, FACT_WIDTH)).collect::<Vec<_>>(),
        "colophon": view.colophon.iter().map(|fact| fonts.broken(&fact.value, FACT_WIDTH)).collect::<Vec<_>>(),
        "details": details(view, fonts),
        "indicators": indicators(view, fonts),
        "processes": processes(view, fonts),
        "files": view.files.iter().map(|file| fonts.broken(&file.path, FILE_WIDTH)).collect::<Vec<_>>(),
    });
    let mut listed = serde_json::to_value(view.tree.listed())?;
    make_printable(&mut listed, fonts);
    let pictures = json!({
        "timeline": picture::timeline::draw(view, fonts),
        "tree": picture::tree::draw(view, fonts),
        "width": picture::WIDTH,
    });
    if let Some(sheet) = sheet.as_object_mut() {
        sheet.insert("lines".to_owned(), lines);
        sheet.insert("listed".to_owned(), listed);
        sheet.insert("pictures".to_owned(), pictures);
        sheet.insert("sizes".to_owned(), json!({ "code": CODE_SIZE, "detail": DETAIL_WIDTH, "fact": FACT_WIDTH }));
        sheet.insert("break".to_owned(), json!(BREAK));
    }
    Ok(sheet)
}

/// Lines of every detail: section, item, detail.
fn details(view: &View, fonts: &Fonts) -> Vec<Vec<Vec<Vec<String>>>> {
    let of_item = |item: &crate::view::ItemView| item.details.iter().map(|detail| fonts.broken(&detail.value, DETAIL_WIDTH)).collect();
    view.sections.iter().map(|section| section.items.iter().map(of_item).collect()).collect()
}

fn indicators(view: &View, fonts: &Fonts) -> Vec<Vec<Vec<String>>> {
    let groups = view.evidence.indicators.iter();
    groups.map(|group| group.values.iter().map(|value| fonts.broken(value, INDICATOR_WIDTH)).collect()).collect()
}

/// Lines of the list of processes: path, command line, hash of each; none where it is not known.
fn processes(view: &View, fonts: &Fonts) -> Vec<[Vec<String>; 3]> {
    let lines = |value: &String| if value.is_empty() { Vec::new() } else { fonts.broken(value, PROCESS_WIDTH) };
    view.tree.listed().into_iter().map(|row| [&row.image, &row.command_line, &row.sha256].map(lines)).collect()
}

impl Fonts {
    fn broken(&self, text: &str, width: f64) -> Vec<String> {
        self.lines(&self.printable(text), CODE_SIZE, width)
    }
}

/// Every string of the view, whatever field it is in: printable, and with places to break long words.
fn make_printable(value: &mut Value, fonts: &Fonts) {
    match value {
        Value::String(text) => *text = breakable(&fonts.printable(text)),
        Value::Array(values) => values.iter_mut().for_each(|value| make_printable(value, fonts)),
        Value::Object(fields) => fields.values_mut().for_each(|value| make_printable(value, fonts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The text with places to break in words longer than [`LONGEST_RUN`]: after separators, else after so many letters.
fn breakable(text: &str) -> String {
    let mut marked = String::with_capacity(text.len() + 8);
    for word in text.split_inclusive(|letter: char| letter.is_whitespace() || u32::from(letter) >= 0x3000) {
        if word.chars().count() <= LONGEST_RUN {
            marked.push_str(word);
            continue;
        }
        let mut run = 0;
        for letter in word.chars() {
            marked.push(letter);
            run += 1;
            if run >= LONGEST_RUN || "\\/._:=&?,;+@|-".contains(letter) {
                marked.push(BREAK);
                run = 0;
            }
        }
    }
    marked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_long_words_get_places_to_break() {
        assert_eq!(breakable("short words stay"), "short words stay");
        assert_eq!(
            breakable("日本語の文はそのままにしておきます。改行は組版の仕事です。"),
            "日本語の文はそのままにしておきます。改行は組版の仕事です。"
        );
        let marked = breakable(r"C:\Users\taro\AppData\Local\Temp\x.exe");
        assert!(marked.contains(&format!("Users\\{BREAK}")));
        assert_eq!(marked.replace(BREAK, ""), r"C:\Users\taro\AppData\Local\Temp\x.exe");
        assert!(breakable(&"a".repeat(40)).split(BREAK).all(|piece| piece.len() <= LONGEST_RUN));
    }
}
