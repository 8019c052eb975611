//! The head of a record, found among its flat fields by the names that forwarders use.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};

use crate::instant::{self, Written};
use crate::record::{Field, LogFormat, Record, Value};

use super::tape::Fields;

/// What every record has beside its fields.
#[derive(Debug, Default)]
pub(crate) struct Head<'a> {
    pub(super) channel: Cow<'a, str>,
    pub(super) provider: Cow<'a, str>,
    pub(super) event_id: u32,
    pub(super) computer: Cow<'a, str>,
    pub(super) time: Option<Timestamp>,
    pub(super) record_id: Option<u64>,
    names: Names,
}

/// Which of the head's names a Windows record has itself.
#[derive(Debug, Default, Clone, Copy)]
struct Names {
    channel: bool,
    event_id: bool,
    computer: bool,
    provider: bool,
}

/// Products that are no Windows and whose names are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// Suricata EVE.
    Eve,
    /// OCSF.
    Ocsf,
    /// None of these.
    Nothing,
}

/// Names of the event log's own time.
const CREATED: [&str; 7] =
    ["TimeCreated_SystemTime", "TimeCreated", "SystemTime", "EventTime", "TimeGenerated", "time_created", "timestamp"];

/// The times that a Windows record may carry.
#[derive(Default)]
struct Times<'t, 'a> {
    /// Sysmon's own clock, always UTC.
    utc: Option<&'t Value<'a>>,
    /// The forwarder's or the pipeline's.
    at: Option<&'t Value<'a>>,
    /// The event log's.
    created: Option<&'t Value<'a>>,
    /// When the collector received it, in the same clock as `created` (NXLog).
    received: Option<&'t Value<'a>>,
}

impl<'a> Head<'a> {
    /// The head of a Windows record from its flat fields.
    pub(crate) fn of_windows(fields: &[Field<'a>]) -> Head<'a> {
        let mut head = Head::default();
        let mut times = Times::default();
        let mut fallback_computer = None;
        for Field { name, value } in fields {
            match name.as_ref() {
                "Channel" => {
                    head.names.channel = true;
                    set(&mut head.channel, value);
                }
                "channel" | "log_name" | "LogName" | "winlog.channel" => set(&mut head.channel, value),
                "EventID" => {
                    head.names.event_id = true;
                    head.event_id = number(value).unwrap_or(0);
                }
                "EventId" | "event_id" | "eventid" | "winlog.event_id" => head.event_id = number(value).unwrap_or(head.event_id),
                "event.code" if head.event_id == 0 => head.event_id = number(value).unwrap_or(0),
                "Provider_Name" => {
                    head.names.provider = true;
                    set(&mut head.provider, value);
                }
                "SourceName" | "ProviderName" | "provider_name" | "source_name" | "winlog.provider_name" => set(&mut head.provider, value),
                "Computer" => {
                    head.names.computer = true;
                    set(&mut head.computer, value);
                }
                "Hostname" | "ComputerName" | "computer_name" | "MachineName" | "winlog.computer_name" => set(&mut head.computer, value),
                "host.name" | "host.hostname" | "hostname" | "host" | "agent.hostname" => {
                    fallback_computer = fallback_computer.or(Some(value))
                }
                "EventRecordID" | "EventRecordId" | "RecordNumber" | "record_number" | "record_id" | "RecordId" | "winlog.record_id" => {
                    head.record_id = number_64(value).or(head.record_id);
                }
                name => times.note(name, value),
            }
        }
        if head.computer.is_empty()
            && let Some(value) = fallback_computer
        {
            set(&mut head.computer, value);
        }
        head.channel = proper(std::mem::take(&mut head.channel));
        head.time = times.happened();
        if head.provider.is_empty() {
            head.provider = crate::provider::of(&head.channel, head.event_id);
        }
        head
    }

    /// The head of any other record.
    pub(super) fn of_plain(fields: &[Field<'a>], known: Known) -> Head<'a> {
        let find = |names: &[&str]| names.iter().find_map(|name| fields.iter().find(|field| field.name == *name)).map(|field| &field.value);
        let text = |names: &[&str]| names.iter().find_map(|name| text_of(fields, name)).unwrap_or_default();
        let mut head = Head {
            time: find(&["timestamp", "@timestamp", "time", "ts", "TimeCreated", "EventTime", "date"])
                .and_then(instant::written)
                .map(|written| written.instant),
            ..Head::default()
        };
        match known {
            Known::Eve => {
                head.channel = Cow::Owned(format!("suricata/{}", text(&["event_type"])));
                head.provider = Cow::Borrowed("suricata");
                head.computer = text(&["host", "sensor_name", "hostname", "host.name"]);
                head.record_id = find(&["flow_id"]).and_then(number_64);
            }
            Known::Ocsf => {
                let class = find(&["class_uid"]).and_then(number_64).unwrap_or(0);
                head.channel = Cow::Owned(format!("ocsf/{class}"));
                head.provider = text(&["metadata.product.name", "metadata.log_provider"]);
                head.computer = text(&["device.hostname", "device.name", "device.ip"]);
            }
            Known::Nothing => {
                head.channel = text(&["Channel", "channel", "log_name", "log_type", "event.dataset", "type"]);
                head.provider = text(&["provider", "event.provider", "event.module", "product", "program"]);
                head.computer =
                    text(&["Computer", "Hostname", "hostname", "host.name", "host", "computer", "device.hostname", "agent.name"]);
            }
        }
        head
    }

    /// The names that rules read the head by, where the record has the head under other names.
    pub(crate) fn missing(&self) -> impl Iterator<Item = Field<'a>> {
        let text = |name: &'static str, has: bool, text: &Cow<'a, str>| {
            (!has && !text.is_empty()).then(|| Field { name: Cow::Borrowed(name), value: Value::Text(text.clone()) })
        };
        let event_id = (!self.names.event_id && self.event_id != 0)
            .then(|| Field { name: Cow::Borrowed("EventID"), value: Value::Integer(i64::from(self.event_id)) });
        let missing = [
            text("Channel", self.names.channel, &self.channel),
            event_id,
            text("Computer", self.names.computer, &self.computer),
            text("Provider_Name", self.names.provider, &self.provider),
        ];
        missing.into_iter().flatten()
    }

    /// Adds [`Head::missing`] to the fields.
    pub(super) fn complete(&self, fields: &mut Fields<'a>) {
        self.missing().for_each(|field| fields.push(field.name, field.value));
    }

    /// The record of this head and these fields.
    pub(crate) fn into_record(self, format: LogFormat, fields: Vec<Field<'a>>, raw: &'a [u8]) -> Record<'a> {
        Record {
            format,
            channel: self.channel,
            provider: self.provider,
            event_id: self.event_id,
            computer: self.computer,
            time: self.time,
            record_id: self.record_id,
            fields,
            raw: raw.into(),
        }
    }
}

/// Whether a field of that name may tell when a record was made.
pub(crate) fn is_clock(name: &str) -> bool {
    name == "@timestamp" || name == "EventReceivedTime" || CREATED.contains(&name)
}

/// The time that the event log's or the collector's clock gives a Windows record with these fields, whatever Sysmon's own says.
pub(crate) fn log_time(fields: &[Field<'_>]) -> Option<Timestamp> {
    let mut times = Times::default();
    fields.iter().for_each(|field| times.note(&field.name, &field.value));
    times.of_log()
}

impl<'t, 'a> Times<'t, 'a> {
    fn note(&mut self, name: &str, value: &'t Value<'a>) {
        match name {
            "UtcTime" => self.utc = Some(value),
            "@timestamp" => self.at = Some(value),
            "EventReceivedTime" => self.received = Some(value),
            _ if CREATED.contains(&name) => self.created = self.created.or(Some(value)),
            _ => {}
        }
    }

    /// When the event happened. Sysmon's own UTC time is trusted first: forwarders write the event log's time in local time
    /// with no zone, and one of the public recordings even marks it `Z`.
    fn happened(&self) -> Option<Timestamp> {
        self.utc.and_then(instant::written).map(|utc| utc.instant).or_else(|| self.of_log())
    }

    fn of_log(&self) -> Option<Timestamp> {
        let read = |value: Option<&Value<'_>>| value.and_then(instant::written);
        let created = read(self.created);
        match (created, read(self.at)) {
            (Some(created), _) if created.zoned => Some(created.instant),
            (Some(created), Some(at)) if at.zoned => Some(match read(self.received) {
                Some(received) if !received.zoned => in_zone(created, received, at),
                _ => at.instant,
            }),
            (created, at) => created.or(at).map(|written| written.instant),
        }
    }
}

/// A local time without a zone, made UTC: the collector wrote `received` in the same clock at about the instant `at`, so
/// that their difference, to a quarter of an hour, is the zone.
fn in_zone(created: Written, received: Written, at: Written) -> Timestamp {
    const QUARTER_S: i64 = 900;
    let difference = at.instant.as_second() - received.instant.as_second();
    let zone = (difference + QUARTER_S / 2).div_euclid(QUARTER_S) * QUARTER_S;
    if zone.abs() > 15 * 3600 {
        return at.instant;
    }
    created.instant.checked_add(SignedDuration::from_secs(zone)).unwrap_or(at.instant)
}

fn set<'a>(slot: &mut Cow<'a, str>, value: &Value<'a>) {
    if let Value::Text(text) = value {
        *slot = text.clone();
    }
}

fn text_of<'a>(fields: &[Field<'a>], name: &str) -> Option<Cow<'a, str>> {
    fields.iter().find(|field| field.name == name).and_then(|field| match &field.value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    })
}

fn number_64(value: &Value<'_>) -> Option<u64> {
    match value {
        Value::Integer(number) => u64::try_from(*number).ok(),
        Value::Unsigned(number) => Some(*number),
        Value::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn number(value: &Value<'_>) -> Option<u32> {
    number_64(value).and_then(|number| u32::try_from(number).ok())
}

/// A channel's proper spelling: forwarders write the classic logs in lower case at times.
fn proper(channel: Cow<'_, str>) -> Cow<'_, str> {
    const CLASSIC: [&str; 3] = ["Security", "System", "Application"];
    match CLASSIC.iter().find(|classic| channel.eq_ignore_ascii_case(classic)) {
        Some(classic) => Cow::Borrowed(classic),
        None => channel,
    }
}
