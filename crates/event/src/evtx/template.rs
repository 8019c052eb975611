//! Templates of binary XML, compiled to the list of fields that their records give.
//!
//! Only the shapes that Windows writes for nearly all events: `Event` of `System` and either `EventData`, `UserData` of one
//! element, or a place where the data's own template is put. Anything else is `None`, and its records are rendered the
//! general way. Follows [MS-EVEN6] 2.2.12 and, for which element gives which field, what the `evtx` crate renders as JSON.

use crate::json::attribute;

use super::cursor::Cursor;

/// Elements inside each other in a template.
const DEEPEST: usize = 8;

/// What a template's records give.
#[derive(Debug)]
pub(super) enum Plan {
    /// A whole event.
    Event {
        /// The event is as usual only where this substitution is not null.
        depends_on: Option<u16>,
        /// The head's fields.
        system: Vec<Step>,
        /// The data's fields.
        data: Vec<Step>,
        /// The substitution that holds the data in a template of their own.
        inner: Option<u16>,
    },
    /// The data of an event.
    Data(Vec<Step>),
}

/// One element.
#[derive(Debug)]
pub(super) struct Step {
    /// The element is left out where this substitution is null.
    pub(super) depends_on: Option<u16>,
    /// The field of the element's text.
    pub(super) name: String,
    /// The fields of its attributes.
    pub(super) attributes: Vec<(String, Content)>,
    pub(super) content: Content,
}

/// What stands in an element or an attribute.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Content {
    Nothing,
    Text(String),
    Slot(u16),
}

/// Compiles the definition at an offset of the chunk.
pub(super) fn compile(chunk: &[u8], definition: u32) -> Option<Plan> {
    let at = usize::try_from(definition).ok()?;
    let mut header = Cursor::new(chunk, at, chunk.len())?;
    header.take(20)?;
    let size = usize::try_from(header.u32()?).ok()?;
    let mut body = Cursor::new(chunk, header.at, header.at.checked_add(size)?)?;
    if body.u8()? != 0x0f {
        return None;
    }
    body.take(3)?;
    let root = element(&mut body, 0)?;
    (body.u8()? == 0).then_some(())?;
    match root.name.as_str() {
        "Event" => event(root),
        "EventData" => event_data(root).map(Plan::Data),
        "UserData" => user_data(root).map(Plan::Data),
        _ => None,
    }
}

fn event(root: Element) -> Option<Plan> {
    let (mut system, mut data, mut inner) = (None, Vec::new(), None);
    let mut parts = 0;
    for child in root.children {
        match child {
            Child::Content(Content::Slot(slot)) => {
                inner = Some(slot);
                parts += 1;
            }
            Child::Element(element) if element.name == "System" && system.is_none() => system = Some(self::system(element)?),
            Child::Element(element) if element.depends_on.is_none() && element.name == "EventData" => {
                data = event_data(element)?;
                parts += 1;
            }
            Child::Element(element) if element.depends_on.is_none() && element.name == "UserData" => {
                data = user_data(element)?;
                parts += 1;
            }
            _ => return None,
        }
    }
    let system = system?;
    (parts <= 1).then_some(Plan::Event { depends_on: root.depends_on, system, data, inner })
}

fn system(element: Element) -> Option<Vec<Step>> {
    if element.depends_on.is_some() {
        return None;
    }
    let step = |child: Child| match child {
        Child::Element(element) => {
            let attributes = element.attributes.into_iter().map(|(name, content)| (attribute(&element.name, &name).into_owned(), content));
            let attributes = attributes.collect();
            Some(Step { depends_on: element.depends_on, content: content(element.children)?, name: element.name, attributes })
        }
        Child::Content(_) => None,
    };
    unique(element.children.into_iter().map(step).collect::<Option<_>>()?)
}

/// `Data` elements with a name each, or elements that hold only text.
fn event_data(element: Element) -> Option<Vec<Step>> {
    let step = |child: Child| match child {
        Child::Element(mut child) if child.name == "Data" => match child.attributes.pop() {
            Some((attribute, Content::Text(name))) if attribute == "Name" && child.attributes.is_empty() => leaf(name, child),
            _ => None,
        },
        Child::Element(child) if child.attributes.is_empty() => leaf(child.name.clone(), child),
        _ => None,
    };
    unique(element.children.into_iter().map(step).collect::<Option<_>>()?)
}

fn user_data(element: Element) -> Option<Vec<Step>> {
    let mut children = element.children.into_iter();
    match (children.next(), children.next()) {
        (Some(Child::Element(own)), None) if own.depends_on.is_none() && !own.children.is_empty() => {
            let named = own.children.iter().all(|child| matches!(child, Child::Element(element) if element.name != "Data"));
            if named { event_data(own) } else { None }
        }
        _ => None,
    }
}

fn leaf(name: String, element: Element) -> Option<Step> {
    let name = name.replace(' ', "");
    if name.is_empty() || name.starts_with(['#', '@']) {
        return None;
    }
    Some(Step { depends_on: element.depends_on, name, attributes: Vec::new(), content: content(element.children)? })
}

/// The only content of an element without elements inside.
fn content(children: Vec<Child>) -> Option<Content> {
    let mut children = children.into_iter();
    match (children.next(), children.next()) {
        (None, _) => Some(Content::Nothing),
        (Some(Child::Content(content)), None) => Some(content),
        _ => None,
    }
}

/// The steps, if no name stands twice: repeated names are numbered or become lists.
fn unique(steps: Vec<Step>) -> Option<Vec<Step>> {
    let mut names: Vec<&str> = steps.iter().map(|step| step.name.as_str()).collect();
    names.sort_unstable();
    let repeated = names.windows(2).any(|pair| pair.first() == pair.last());
    (!repeated).then_some(steps)
}

struct Element {
    name: String,
    depends_on: Option<u16>,
    attributes: Vec<(String, Content)>,
    children: Vec<Child>,
}

enum Child {
    Element(Element),
    Content(Content),
}

fn element(cursor: &mut Cursor<'_>, depth: usize) -> Option<Element> {
    let token = cursor.u8()?;
    if !matches!(token, 0x01 | 0x41) || depth >= DEEPEST {
        return None;
    }
    let dependency = cursor.u16()?;
    cursor.u32()?;
    let mut element = Element {
        name: name(cursor)?,
        depends_on: (dependency != u16::MAX).then_some(dependency),
        attributes: Vec::new(),
        children: Vec::new(),
    };
    if token == 0x41 {
        cursor.u32()?;
    }
    loop {
        match cursor.u8()? {
            0x06 | 0x46 => {
                let name = name(cursor)?;
                let token = cursor.u8()?;
                element.attributes.push((name, value(cursor, token)?));
            }
            0x03 => return Some(element),
            0x02 => break,
            _ => return None,
        }
    }
    loop {
        match cursor.rest().first()? {
            0x04 => {
                cursor.u8()?;
                return Some(element);
            }
            0x01 | 0x41 => element.children.push(Child::Element(self::element(cursor, depth + 1)?)),
            token => {
                cursor.u8()?;
                let content = value(cursor, *token)?;
                element.children.push(Child::Content(content));
            }
        }
    }
}

/// A literal text, or a substitution.
fn value(cursor: &mut Cursor<'_>, token: u8) -> Option<Content> {
    match token {
        0x05 | 0x45 => {
            if cursor.u8()? != 0x01 {
                return None;
            }
            let units = usize::from(cursor.u16()?);
            let text = text(cursor.take(units * 2)?)?;
            Some(if text.is_empty() { Content::Nothing } else { Content::Text(text) })
        }
        0x0d | 0x0e => {
            let slot = cursor.u16()?;
            cursor.u8()?;
            Some(Content::Slot(slot))
        }
        _ => None,
    }
}

/// A name by its offset; it stands in place where it is used first.
fn name(cursor: &mut Cursor<'_>) -> Option<String> {
    let offset = usize::try_from(cursor.u32()?).ok()?;
    let mut place = Cursor::new(cursor.chunk, offset, cursor.chunk.len())?;
    place.take(6)?;
    let units = usize::from(place.u16()?);
    let found = text(place.take(units * 2)?)?;
    if offset == cursor.at {
        place.take(2)?;
        cursor.at = place.at;
    }
    Some(found)
}

fn text(utf16: &[u8]) -> Option<String> {
    let units = utf16.chunks_exact(2).map(|pair| pair.try_into().map_or(0, u16::from_le_bytes)).take_while(|unit| *unit != 0);
    char::decode_utf16(units).collect::<Result<_, _>>().ok()
}
