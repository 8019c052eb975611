//! Windows events in the shapes that forwarders write them as JSON.
//!
//! `EventData` and `UserData` give their fields under their own names. The head's fields stand before them, since an event's
//! data may use the head's names too (event 104 names the cleared `Channel`).

use std::borrow::Cow;

use simd_json::Node;

use super::head::Head;
use super::tape::{Fields, Nodes};

/// `{"Event": {"System": …, "EventData": …}}`.
pub(super) fn nested<'a>(fields: &mut Fields<'a>, nodes: Nodes<'_, 'a>, len: usize) -> Head<'a> {
    nodes.clone().members(len, |nodes, name, node| match (name, node) {
        ("Event", Node::Object { len, .. }) => nodes.members(len, |nodes, name, node| match (name, node) {
            ("System", Node::Object { len, .. }) => system(fields, nodes, len),
            _ => nodes.skip(node),
        }),
        _ => nodes.skip(node),
    });
    let head = Head::of_windows(&fields.list);
    head.complete(fields);
    nodes.clone().members(len, |nodes, name, node| match (name, node) {
        ("Event", Node::Object { len, .. }) => nodes.members(len, |nodes, name, node| match name {
            "System" | "#attributes" | "@xmlns" | "xmlns" => nodes.skip(node),
            "EventData" => event_data(fields, nodes, node),
            "UserData" => user_data(fields, nodes, node),
            _ => element(fields, nodes, name, node),
        }),
        _ => {
            let name = fields.named(name);
            fields.flatten(nodes, name, node);
        }
    });
    head
}

/// Winlogbeat's `winlog.*`, nested or with dotted names; the event data stands in `winlog.event_data`.
pub(super) fn winlogbeat<'a>(fields: &mut Fields<'a>, nodes: Nodes<'_, 'a>, len: usize) -> Head<'a> {
    nodes.clone().members(len, |nodes, name, node| match (name, node) {
        ("winlog", Node::Object { len, .. }) => nodes.members(len, |nodes, name, node| match name {
            "event_data" | "user_data" => nodes.skip(node),
            _ => fields.flatten(nodes, Cow::Owned(format!("winlog.{name}")), node),
        }),
        _ if event_data_name(name).is_some() => nodes.skip(node),
        _ => fields.flatten(nodes, name.into(), node),
    });
    let head = Head::of_windows(&fields.list);
    head.complete(fields);
    nodes.clone().members(len, |nodes, name, node| match (name, node) {
        ("winlog", Node::Object { len, .. }) => nodes.members(len, |nodes, name, node| match name {
            "event_data" => event_data(fields, nodes, node),
            "user_data" => user_data(fields, nodes, node),
            _ => nodes.skip(node),
        }),
        _ => match event_data_name(name) {
            Some(own) => element(fields, nodes, own, node),
            None => nodes.skip(node),
        },
    });
    head
}

fn event_data_name(dotted: &str) -> Option<&str> {
    dotted.strip_prefix("winlog.event_data.").or_else(|| dotted.strip_prefix("winlog.user_data."))
}

/// One flat object of the head's names and the event data's own.
pub(super) fn flat<'a>(fields: &mut Fields<'a>, nodes: Nodes<'_, 'a>, len: usize) -> Head<'a> {
    let container = |name: &str, node: &Node<'_>| {
        matches!(name, "EventData" | "event_data" | "UserData" | "user_data") && matches!(node, Node::Object { .. } | Node::Array { .. })
    };
    // A name with spaces is the event data's: Defender's `Source Name` is no `SourceName`.
    let data = |name: &str, node: &Node<'_>| container(name, node) || name.as_bytes().contains(&b' ');
    nodes.clone().members(len, |nodes, name, node| match name {
        _ if data(name, &node) => nodes.skip(node),
        "Data" => element(fields, nodes, name, node),
        _ => fields.flatten(nodes, name.into(), node),
    });
    let head = Head::of_windows(&fields.list);
    head.complete(fields);
    if head.channel == "Windows PowerShell" {
        message_as_data(fields);
    }
    nodes.clone().members(len, |nodes, name, node| match name {
        _ if !data(name, &node) => nodes.skip(node),
        "EventData" | "event_data" => event_data(fields, nodes, node),
        "UserData" | "user_data" => user_data(fields, nodes, node),
        _ => element(fields, nodes, name, node),
    });
    head
}

/// NXLog leaves out the unnamed data of the classic PowerShell log, which rules read as `Data`, and keeps the message that
/// repeats it.
fn message_as_data(fields: &mut Fields<'_>) {
    if fields.list.iter().any(|field| field.name == "Data") {
        return;
    }
    let message = fields.list.iter().find(|field| field.name == "Message").map(|field| field.value.clone());
    if let Some(message) = message {
        fields.push("Data".into(), message);
    }
}

/// The members of `System`: an element's text under its name, its attributes as `Element_Attribute`.
fn system<'a>(fields: &mut Fields<'a>, nodes: &mut Nodes<'_, 'a>, len: usize) {
    nodes.members(len, |nodes, name, node| match node {
        Node::Object { len, .. } => system_element(fields, nodes, name, len),
        _ => fields.flatten(nodes, name.into(), node),
    });
}

fn system_element<'a>(fields: &mut Fields<'a>, nodes: &mut Nodes<'_, 'a>, element: &'a str, len: usize) {
    nodes.members(len, |nodes, name, node| match (name, node) {
        ("#attributes", Node::Object { len, .. }) => system_element(fields, nodes, element, len),
        ("#text", _) => fields.flatten(nodes, element.into(), node),
        _ => fields.flatten(nodes, attribute(element, name), node),
    });
}

/// The field of an attribute of the head. The usual ones cost no allocation.
pub(crate) fn attribute<'a>(element: &'a str, name: &str) -> Cow<'a, str> {
    let element = element.strip_suffix("_attributes").unwrap_or(element);
    let known = match (element, name.trim_start_matches('@')) {
        ("Provider", "Name") => "Provider_Name",
        ("Provider", "Guid") => "Provider_Guid",
        ("TimeCreated", "SystemTime") => "TimeCreated_SystemTime",
        ("Execution", "ProcessID") => "Execution_ProcessID",
        ("Execution", "ThreadID") => "Execution_ThreadID",
        ("Security", "UserID") => "Security_UserID",
        ("Correlation", "ActivityID") => "Correlation_ActivityID",
        (element, name) => return Cow::Owned(format!("{element}_{name}")),
    };
    Cow::Borrowed(known)
}

/// `EventData`: an object of names, a list of `Data` elements, or bare text.
fn event_data<'a>(fields: &mut Fields<'a>, nodes: &mut Nodes<'_, 'a>, node: Node<'a>) {
    match node {
        Node::Object { len, .. } => nodes.members(len, |nodes, name, node| match (name, node) {
            ("#attributes" | "@Name" | "@xmlns", _) => nodes.skip(node),
            ("Data", Node::Array { len, .. }) => data_elements(fields, nodes, len),
            _ => element(fields, nodes, name, node),
        }),
        Node::Array { len, .. } => data_elements(fields, nodes, len),
        Node::Static(simd_json::StaticNode::Null) | Node::String("") => {}
        scalar => {
            let value = fields.scalar(scalar);
            fields.push("EventData".into(), value);
        }
    }
}

/// `UserData`: the fields stand one level deeper, inside an element of the provider's choice.
fn user_data<'a>(fields: &mut Fields<'a>, nodes: &mut Nodes<'_, 'a>, node: Node<'a>) {
    let Node::Object { len, .. } = node else { return event_data(fields, nodes, node) };
    nodes.members(len, |nodes, name, node| match (name, node) {
        ("#attributes", _) => nodes.skip(node),
        (_, Node::Object { .. }) => event_data(fields, nodes, node),
        _ => element(fields, nodes, name, node),
    });
}

/// Several `Data` elements: those with a name give a field each, the others one list under `Data`.
fn data_elements<'a>(fields: &mut Fields<'a>, nodes: &mut Nodes<'_, 'a>, len: usize) {
    let mut unnamed = Vec::new();
    for _ in 0..len {
        let Some(node) = nodes.node() else { break };
        match node {
            Node::Object { len, .. } => match element_name(nodes.clone(), len) {
                Some(name) => element(fields, nodes, name, node),
                None => element(fields, nodes, "Data", node),
            },
            Node::Array { .. } => nodes.skip(node),
            scalar => unnamed.push(fields.scalar(scalar)),
        }
    }
    if !unnamed.is_empty() {
        fields.push("Data".into(), crate::record::Value::List(unnamed));
    }
}

/// The name that a `Data` element carries as an attribute.
fn element_name<'a>(mut nodes: Nodes<'_, 'a>, len: usize) -> Option<&'a str> {
    let mut found = None;
    nodes.members(len, |nodes, name, node| match (name, node) {
        ("@Name" | "Name", Node::String(own)) => found = Some(own),
        ("#attributes", Node::Object { len, .. }) => found = element_name(nodes.clone(), len).or(found),
        _ => nodes.skip(node),
    });
    found
}

/// One element of the event's data: its text where it has attributes too, else whatever it holds.
fn element<'a>(fields: &mut Fields<'a>, nodes: &mut Nodes<'_, 'a>, name: &'a str, node: Node<'a>) {
    let stripped = fields.named(name);
    let Node::Object { len, .. } = node else { return fields.flatten(nodes, stripped, node) };
    let mut text = false;
    let mut look = nodes.clone();
    look.members(len, |nodes, name, node| {
        text |= matches!(name, "#text" | "Value" | "@Value");
        nodes.skip(node);
    });
    nodes.members(len, |nodes, name, node| match name {
        "#text" | "Value" | "@Value" => fields.flatten(nodes, stripped.clone(), node),
        _ if text || name == "#attributes" => nodes.skip(node),
        _ => {
            let joined = Cow::Owned(format!("{stripped}.{}", fields.named(name)));
            fields.flatten(nodes, joined, node);
        }
    });
}
