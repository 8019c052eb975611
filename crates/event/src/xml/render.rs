//! A parsed event as the nested JSON that event log files are rendered to.

use std::collections::HashMap;

use super::tree::Element;

/// Writes the event. Left out: what the collector rendered for reading (`RenderingInfo`), which says the event again in its
/// own language.
pub(super) fn event(root: &Element, out: &mut Vec<u8>) {
    let mut members = Members::open(out);
    members.name("Event");
    let mut members = Members::open(members.out);
    for part in root.elements.iter().filter(|part| part.name != "RenderingInfo") {
        members.name(&part.name);
        match part.name.as_str() {
            "System" => element(part, Texts::Numbers, members.out),
            "EventData" => event_data(part, members.out),
            _ => element(part, Texts::AsWritten, members.out),
        }
    }
    members.close().push(b'}');
}

/// Whether digits stand for a number. In the head they do; what the data's were is not told by XML.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Texts {
    Numbers,
    AsWritten,
}

/// `EventData`: a member for each named element, the unnamed ones together under `Data`.
fn event_data(data: &Element, out: &mut Vec<u8>) {
    if data.elements.is_empty() {
        return text(&data.text, Texts::AsWritten, out);
    }
    let mut members = Members::open(out);
    let mut unnamed = Vec::new();
    for part in &data.elements {
        let own = part.attributes.iter().find(|(name, _)| name == "Name").map(|(_, value)| value);
        match own {
            Some(own) if part.name == "Data" => {
                members.name(own);
                content(part, Texts::AsWritten, members.out);
            }
            None if part.name == "Data" && part.elements.is_empty() => unnamed.push(part.text.as_str()),
            _ => {
                members.name(&part.name);
                element(part, Texts::AsWritten, members.out);
            }
        }
    }
    if !unnamed.is_empty() {
        members.name("Data");
        list(&unnamed, members.out);
    }
    members.close();
}

/// Unnamed data: one is a text, several are a list.
fn list(texts: &[&str], out: &mut Vec<u8>) {
    if let [one] = texts {
        return text(one, Texts::AsWritten, out);
    }
    for (index, one) in texts.iter().enumerate() {
        out.push(if index == 0 { b'[' } else { b',' });
        text(one, Texts::AsWritten, out);
    }
    out.push(b']');
}

/// An element with its attributes.
fn element(element: &Element, texts: Texts, out: &mut Vec<u8>) {
    if element.attributes.is_empty() {
        return content(element, texts, out);
    }
    let mut members = Members::open(out);
    members.name("#attributes");
    let mut attributes = Members::open(members.out);
    for (name, value) in &element.attributes {
        attributes.name(name);
        text(value, texts, attributes.out);
    }
    attributes.close();
    inside(element, texts, members);
}

/// What stands inside an element.
fn content(element: &Element, texts: Texts, out: &mut Vec<u8>) {
    match element.elements.is_empty() {
        true => text(&element.text, texts, out),
        false => inside(element, texts, Members::open(out)),
    }
}

fn inside(parent: &Element, texts: Texts, mut members: Members<'_>) {
    for part in &parent.elements {
        members.name(&part.name);
        element(part, texts, members.out);
    }
    if !parent.text.is_empty() {
        members.name("#text");
        text(&parent.text, texts, members.out);
    }
    members.close();
}

/// A text; an empty one is no value.
fn text(text: &str, texts: Texts, out: &mut Vec<u8>) {
    if text.is_empty() {
        out.extend_from_slice(b"null");
    } else if texts == Texts::Numbers && is_number(text) {
        out.extend_from_slice(text.as_bytes());
    } else {
        quoted(text, out);
    }
}

/// Whether a JSON number would be written with the same digits.
fn is_number(text: &str) -> bool {
    text.parse::<u64>().is_ok() && text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'))
}

fn quoted(text: &str, out: &mut Vec<u8>) {
    // Writing to memory cannot fail.
    let _ = serde_json::to_writer(out, text);
}

/// An object while it is written. A name that comes again gets a number: `Name_1`.
struct Members<'o> {
    out: &'o mut Vec<u8>,
    names: HashMap<String, u32>,
}

impl<'o> Members<'o> {
    fn open(out: &'o mut Vec<u8>) -> Self {
        out.push(b'{');
        Members { out, names: HashMap::new() }
    }

    /// Writes a name; its value is to follow.
    fn name(&mut self, name: &str) {
        if !self.names.is_empty() {
            self.out.push(b',');
        }
        let times = self.names.entry(name.to_owned()).or_insert(0);
        match *times {
            0 => quoted(name, self.out),
            times => quoted(&format!("{name}_{times}"), self.out),
        }
        *times += 1;
        self.out.push(b':');
    }

    fn close(self) -> &'o mut Vec<u8> {
        self.out.push(b'}');
        self.out
    }
}
