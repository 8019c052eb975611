//! One XML element as a small tree, bounded in depth and size.

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::defect::DefectKind;
use crate::json::Fault;
use crate::limits::Limits;

/// Elements and attributes of one record, for each field that it may have: heads and wrappers take some.
const PARTS_PER_FIELD: usize = 4;

/// An element: attributes, elements and text in it.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) elements: Vec<Element>,
    /// All its text, in one.
    pub(super) text: String,
}

/// A parsed event.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) root: Element,
    /// An entity that XML does not define was left as written.
    pub(super) unexpanded: bool,
}

/// Parses a text that begins with the root's tag; what follows the root is passed over.
pub(super) fn parse(text: &str, limits: &Limits) -> Result<Parsed, Fault> {
    let mut builder = Builder { limits, open: Vec::new(), parts: 0, unexpanded: false };
    let mut reader = Reader::from_str(text);
    reader.config_mut().allow_dangling_amp = true;
    loop {
        let event = reader.read_event().map_err(|error| malformed(&error))?;
        let root = match event {
            Event::Start(tag) => {
                builder.start(&tag)?;
                None
            }
            Event::Empty(tag) => {
                builder.start(&tag)?;
                builder.end()
            }
            Event::End(_) => builder.end(),
            Event::Text(content) => builder.text(&content),
            Event::CData(content) => builder.text(&content),
            Event::GeneralRef(reference) => builder.reference(&reference)?,
            Event::DocType(_) => return Err(Fault::new(DefectKind::Refused, "a document type inside an event is not read")),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => None,
            Event::Eof => return Err(Fault::new(DefectKind::Truncated, "the event is not closed")),
        };
        if let Some(root) = root {
            return Ok(Parsed { root, unexpanded: builder.unexpanded });
        }
    }
}

fn malformed(error: &dyn std::fmt::Display) -> Fault {
    Fault::new(DefectKind::Malformed, format!("not XML: {error}"))
}

struct Builder<'l> {
    limits: &'l Limits,
    open: Vec<Element>,
    parts: usize,
    unexpanded: bool,
}

impl Builder<'_> {
    fn start(&mut self, tag: &BytesStart<'_>) -> Result<(), Fault> {
        if self.open.len() >= self.limits.json_depth {
            return Err(Fault::new(DefectKind::Refused, "json_depth: the record is nested too deeply"));
        }
        self.part()?;
        let mut element = Element { name: tag.name().into_inner().to_owned(), ..Element::default() };
        // Checks of attribute names against each other would take their square.
        for attribute in tag.attributes().with_checks(false) {
            self.part()?;
            let attribute = attribute.map_err(|error| malformed(&error))?;
            let value = attribute.normalized_value_with(XmlVersion::Implicit1_0, 1, resolve_predefined_entity).unwrap_or_else(|_| {
                self.unexpanded = true;
                attribute.value.clone()
            });
            element.attributes.push((attribute.key.into_inner().to_owned(), value.into_owned()));
        }
        self.open.push(element);
        Ok(())
    }

    fn part(&mut self) -> Result<(), Fault> {
        self.parts += 1;
        if self.parts > self.limits.record_fields.saturating_mul(PARTS_PER_FIELD) {
            return Err(Fault::new(DefectKind::Refused, "record_fields: the record has too many elements and attributes"));
        }
        Ok(())
    }

    /// Closes the innermost element; answers the root once that is it.
    fn end(&mut self) -> Option<Element> {
        let mut element = self.open.pop()?;
        if !element.elements.is_empty() && element.text.trim().is_empty() {
            element.text.clear(); // Indentation.
        }
        match self.open.last_mut() {
            Some(parent) => {
                parent.elements.push(element);
                None
            }
            None => Some(element),
        }
    }

    fn text(&mut self, content: &str) -> Option<Element> {
        if let Some(element) = self.open.last_mut() {
            element.text.push_str(content);
        }
        None
    }

    fn reference(&mut self, reference: &BytesRef<'_>) -> Result<Option<Element>, Fault> {
        let character = reference.resolve_char_ref().map_err(|error| malformed(&error))?;
        let mut room = [0; 4];
        if let Some(character) = character {
            return Ok(self.text(character.encode_utf8(&mut room)));
        }
        if let Some(text) = resolve_predefined_entity(reference) {
            return Ok(self.text(text));
        }
        self.unexpanded = true;
        Ok(self.text(&format!("&{};", &**reference)))
    }
}
