//! What kind of record a JSON object is, and its fields and head.

use simd_json::Node;

use crate::defect::DefectKind;
use crate::limits::Limits;
use crate::record::LogFormat;

use super::head::{Head, Known};
use super::tape::{Dialect, Fields, Nodes};
use super::{Fault, Reading, windows};

/// The shapes that are told apart by the names at the top of the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// `{"Event": {"System": {…}, "EventData": {…}}}`: what EVTX tools write, and Sigma's regression data.
    WindowsNested,
    /// `{"winlog": {…}}`, or the same with dotted names.
    Winlogbeat,
    /// One flat object of the head's names and the event data's.
    WindowsFlat,
    SuricataEve,
    Ocsf,
    Plain,
}

/// Reads the record on a tape.
pub(super) fn read<'a>(tape: &[Node<'a>], raw: &'a [u8], limits: &Limits) -> Reading<'a> {
    let mut nodes = Nodes::new(tape);
    let Some(Node::Object { len, .. }) = nodes.node() else {
        return Fault::new(DefectKind::Malformed, "expected a JSON object").into();
    };
    let shape = shape_of(nodes.clone(), len);
    let dialect = match shape {
        Shape::SuricataEve | Shape::Ocsf | Shape::Plain => Dialect::Plain,
        _ => Dialect::Windows,
    };
    let mut fields = Fields::new(dialect, limits, tape.len() / 2);
    let head = match shape {
        Shape::WindowsNested => windows::nested(&mut fields, nodes, len),
        Shape::Winlogbeat => windows::winlogbeat(&mut fields, nodes, len),
        Shape::WindowsFlat => windows::flat(&mut fields, nodes, len),
        Shape::SuricataEve => plain(&mut fields, nodes, len, Known::Eve),
        Shape::Ocsf => plain(&mut fields, nodes, len, Known::Ocsf),
        Shape::Plain => plain(&mut fields, nodes, len, Known::Nothing),
    };
    let format = match shape {
        Shape::SuricataEve => LogFormat::SuricataEve,
        Shape::Ocsf => LogFormat::Ocsf,
        Shape::Plain => LogFormat::Json,
        _ => LogFormat::WindowsJson,
    };
    finished(format, head, fields, raw)
}

fn shape_of(mut nodes: Nodes<'_, '_>, len: usize) -> Shape {
    let (mut channel, mut event_id, mut provider, mut class, mut eve_type, mut eve_sign) = (false, false, false, false, false, false);
    let mut certain = None;
    nodes.members(len, |nodes, name, node| {
        match name {
            "Event" if matches!(node, Node::Object { .. }) && holds_system(nodes.clone(), node) => certain = Some(Shape::WindowsNested),
            "winlog" if matches!(node, Node::Object { .. }) => certain = Some(Shape::Winlogbeat),
            "winlog.channel" | "winlog.event_id" | "winlog.provider_name" => certain = Some(Shape::Winlogbeat),
            "Channel" | "channel" | "log_name" | "LogName" => channel = true,
            "EventID" | "EventId" | "event_id" | "eventid" => event_id = true,
            "SourceName" | "Provider_Name" | "ProviderName" | "provider_name" | "source_name" | "EventData" => provider = true,
            "class_uid" => class = matches!(node, Node::Static(_)),
            "event_type" => eve_type = matches!(node, Node::String(_)),
            "flow_id" | "src_ip" | "in_iface" | "stats" | "engine" => eve_sign = true,
            _ => {}
        }
        nodes.skip(node);
    });
    match certain {
        Some(shape) => shape,
        None if event_id && (channel || provider) => Shape::WindowsFlat,
        None if eve_type && eve_sign => Shape::SuricataEve,
        None if class => Shape::Ocsf,
        None => Shape::Plain,
    }
}

fn holds_system(mut nodes: Nodes<'_, '_>, event: Node<'_>) -> bool {
    let Node::Object { len, .. } = event else { return false };
    let mut found = false;
    nodes.members(len, |nodes, name, node| {
        found |= name == "System" && matches!(node, Node::Object { .. });
        nodes.skip(node);
    });
    found
}

/// Flattens an object that is no Windows event.
fn plain<'a>(fields: &mut Fields<'a>, mut nodes: Nodes<'_, 'a>, len: usize, known: Known) -> Head<'a> {
    nodes.members(len, |nodes, name, node| fields.flatten(nodes, name.into(), node));
    Head::of_plain(&fields.list, known)
}

fn finished<'a>(format: LogFormat, head: Head<'a>, fields: Fields<'a>, raw: &'a [u8]) -> Reading<'a> {
    let fault = (fields.dropped > 0).then(|| {
        let detail = format!("record_fields or field_name_bytes: {} fields were dropped; the record was kept", fields.dropped);
        Fault::new(DefectKind::Refused, detail)
    });
    let record = head.into_record(format, fields.list, raw);
    Reading { record: Some(record), fault }
}
