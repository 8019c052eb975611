//! A record as its log format gave it: the head that every format has, and flat fields under the log's own names.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::xml;

/// Which reader made the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogFormat {
    /// Windows event log file.
    Evtx,
    /// A Windows event as JSON, in any shape that forwarders send.
    WindowsJson,
    /// A Windows event as XML text.
    WindowsXml,
    /// Suricata EVE.
    SuricataEve,
    /// OCSF.
    Ocsf,
    /// Any other JSON object, fields flattened with dots.
    Json,
}

impl LogFormat {
    /// All formats.
    pub const ALL: [LogFormat; 6] =
        [LogFormat::Evtx, LogFormat::WindowsJson, LogFormat::WindowsXml, LogFormat::SuricataEve, LogFormat::Ocsf, LogFormat::Json];

    /// The format of that name.
    pub fn named(name: &str) -> Option<LogFormat> {
        LogFormat::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The name that the lake's `source` column carries when no forwarder names itself.
    pub const fn name(self) -> &'static str {
        match self {
            LogFormat::Evtx => "evtx",
            LogFormat::WindowsJson => "windows_json",
            LogFormat::WindowsXml => "windows_xml",
            LogFormat::SuricataEve => "suricata_eve",
            LogFormat::Ocsf => "ocsf",
            LogFormat::Json => "json",
        }
    }
}

/// The value of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// Absent on purpose: JSON null, or an empty EVTX data element.
    Null,
    /// Text.
    Text(Cow<'a, str>),
    /// A whole number.
    Integer(i64),
    /// A whole number beyond `i64`.
    Unsigned(u64),
    /// A number with a fraction.
    Float(f64),
    /// True or false.
    Bool(bool),
    /// Several values under one name.
    List(Vec<Value<'a>>),
}

/// One field: Sigma's name for it (spaces stripped: `Threat Name` is `ThreatName`) and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Field<'a> {
    /// The name as the log has it, without spaces; nested names are joined by dots.
    pub name: Cow<'a, str>,
    /// The value.
    pub value: Value<'a>,
}

/// One record of a log. For Windows: `EventData` and `UserData` are flattened into `fields` under their own names, and the
/// head's names (`Channel`, `EventID`, `Computer`, `Provider_Name`, …) are answered by [`Record::get`] too.
#[derive(Debug, Clone)]
pub struct Record<'a> {
    /// The reader.
    pub format: LogFormat,
    /// Windows channel, or the log's kind for other formats (`suricata/alert`); empty if unknown.
    pub channel: Cow<'a, str>,
    /// Windows provider, or the product.
    pub provider: Cow<'a, str>,
    /// Windows event id; 0 if the format has none.
    pub event_id: u32,
    /// The host that the record speaks of, as written.
    pub computer: Cow<'a, str>,
    /// When it happened, by the record; `None` if unreadable.
    pub time: Option<Timestamp>,
    /// The log's own number of the record.
    pub record_id: Option<u64>,
    /// The fields, in the order of the log.
    pub fields: Vec<Field<'a>>,
    /// The original: the line or element of text; for EVTX the record's JSON rendering, since binary XML cannot stand alone.
    pub raw: Cow<'a, [u8]>,
}

impl<'a> Record<'a> {
    /// The field of that exact name, else of that name in another case.
    pub fn get(&self, name: &str) -> Option<&Value<'a>> {
        let exact = self.fields.iter().find(|field| field.name == name);
        exact.or_else(|| self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))).map(|field| &field.value)
    }

    /// The field's text, if it is text and not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Value::Text(text)) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// Adds the original to a body of one record a line. Line breaks between the parts of a record mean nothing and become
    /// blanks; those inside a text are written so that they stay.
    pub fn write_line(&self, body: &mut Vec<u8>) {
        match self.format {
            LogFormat::WindowsXml => xml::on_one_line(&self.raw, body),
            _ => body.extend(self.raw.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte })),
        }
        body.push(b'\n');
    }
}
