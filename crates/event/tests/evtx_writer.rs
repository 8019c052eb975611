//! Event logs of our own making: one chunk after another, each with one template for all its records.
//!
//! Only what tests and fuzz seeds need: a `System` element and an `EventData` of named `Data` elements, values as texts,
//! numbers and times. Follows the public description of the format ([MS-EVEN6] 2.2.12, libevtx's documentation).

/// A record to write: its number and the values of the data.
pub(crate) struct Written<'a> {
    /// `EventRecordID`.
    pub(crate) record_id: u64,
    /// The texts of the `Data` elements, as many as there are names.
    pub(crate) values: Vec<&'a str>,
}

/// Bytes of a chunk.
const CHUNK: usize = 65_536;
/// 2024-05-06T07:08:09Z as FILETIME.
const FILETIME: u64 = 133_594_528_890_000_000;

/// Writes a log of Sysmon process creations whose data have these names, `per_chunk` records a chunk.
pub(crate) fn log(names: &[&str], records: &[Written<'_>], per_chunk: usize) -> Vec<u8> {
    let chunks: Vec<Vec<u8>> = records.chunks(per_chunk).map(|records| chunk(names, records)).collect();
    let mut file = vec![0; 4096];
    file[..8].copy_from_slice(b"ElfFile\0");
    put(&mut file, 16, &(chunks.len() as u64 - 1).to_le_bytes());
    put(&mut file, 24, &(records.len() as u64 + 1).to_le_bytes());
    put(&mut file, 32, &128_u32.to_le_bytes());
    put(&mut file, 36, &[1, 0, 3, 0, 0, 16]);
    put(&mut file, 42, &(chunks.len() as u16).to_le_bytes());
    put(&mut file, 120, &4_u32.to_le_bytes());
    file.extend(chunks.into_iter().flatten());
    file
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

fn chunk(names: &[&str], records: &[Written<'_>]) -> Vec<u8> {
    let mut bytes = vec![0; 512];
    bytes[..8].copy_from_slice(b"ElfChnk\0");
    let (first, last) = (records[0].record_id, records[records.len() - 1].record_id);
    for (at, value) in [(8, first), (16, last), (24, first), (32, last)] {
        put(&mut bytes, at, &value.to_le_bytes());
    }
    let mut template = None;
    let mut last_at = 0;
    for record in records {
        last_at = bytes.len();
        write_record(&mut bytes, names, record, &mut template);
    }
    let free = bytes.len() as u32;
    put(&mut bytes, 40, &128_u32.to_le_bytes());
    put(&mut bytes, 44, &(last_at as u32).to_le_bytes());
    put(&mut bytes, 48, &free.to_le_bytes());
    sum_up(&mut bytes);
    assert!(bytes.len() <= CHUNK, "a chunk of {} bytes", bytes.len());
    bytes.resize(CHUNK, 0);
    bytes
}

/// Writes the checksums of a chunk's records and header.
pub(crate) fn sum_up(chunk: &mut [u8]) {
    let free = u32::from_le_bytes(chunk[48..52].try_into().unwrap()) as usize;
    let records = crc32fast::hash(&chunk[512..free]);
    put(chunk, 52, &records.to_le_bytes());
    let header = crc32fast::hash(&[&chunk[..120], &chunk[128..512]].concat());
    put(chunk, 124, &header.to_le_bytes());
}

fn write_record(bytes: &mut Vec<u8>, names: &[&str], record: &Written<'_>, template: &mut Option<u32>) {
    let start = bytes.len();
    bytes.extend_from_slice(&[0x2a, 0x2a, 0, 0, 0, 0, 0, 0]);
    bytes.extend_from_slice(&record.record_id.to_le_bytes());
    bytes.extend_from_slice(&FILETIME.to_le_bytes());
    bytes.extend_from_slice(&[0x0f, 1, 1, 0, 0x0c, 1, 7, 0, 0, 0]);
    match template {
        Some(at) => bytes.extend_from_slice(&at.to_le_bytes()),
        None => {
            let at = bytes.len() as u32 + 4;
            bytes.extend_from_slice(&at.to_le_bytes());
            *template = Some(at);
            write_template(bytes, names);
        }
    }
    write_values(bytes, record);
    bytes.push(0);
    let size = (bytes.len() - start + 4) as u32;
    put(bytes, start + 4, &size.to_le_bytes());
    bytes.extend_from_slice(&size.to_le_bytes());
}

/// The substitutions: event id, time, record id, then the data.
fn write_values(bytes: &mut Vec<u8>, record: &Written<'_>) {
    let texts: Vec<Vec<u8>> = record.values.iter().map(|text| text.encode_utf16().flat_map(u16::to_le_bytes).collect()).collect();
    bytes.extend_from_slice(&(3 + texts.len() as u32).to_le_bytes());
    for (size, kind) in [(2, 6), (8, 17), (8, 10)].into_iter().chain(texts.iter().map(|text| (text.len() as u16, 1))) {
        bytes.extend_from_slice(&u16::to_le_bytes(size));
        bytes.extend_from_slice(&[kind, 0]);
    }
    bytes.extend_from_slice(&1_u16.to_le_bytes());
    bytes.extend_from_slice(&FILETIME.to_le_bytes());
    bytes.extend_from_slice(&record.record_id.to_le_bytes());
    texts.iter().for_each(|text| bytes.extend_from_slice(text));
}

fn write_template(bytes: &mut Vec<u8>, names: &[&str]) {
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&[0x5a; 16]);
    let size_at = bytes.len();
    bytes.extend_from_slice(&[0; 4]);
    let body = bytes.len();
    bytes.extend_from_slice(&[0x0f, 1, 1, 0]);
    element(bytes, "Event", &[], |bytes| {
        element(bytes, "System", &[], |bytes| {
            element(bytes, "Provider", &[("Name", Part::Text("Microsoft-Windows-Sysmon"))], |_| {});
            element(bytes, "EventID", &[], |bytes| part(bytes, &Part::Slot(0, 6)));
            element(bytes, "TimeCreated", &[("SystemTime", Part::Slot(1, 17))], |_| {});
            element(bytes, "EventRecordID", &[], |bytes| part(bytes, &Part::Slot(2, 10)));
            element(bytes, "Channel", &[], |bytes| part(bytes, &Part::Text("Microsoft-Windows-Sysmon/Operational")));
            element(bytes, "Computer", &[], |bytes| part(bytes, &Part::Text("pc-1.example")));
        });
        element(bytes, "EventData", &[], |bytes| {
            for (index, name) in names.iter().enumerate() {
                element(bytes, "Data", &[("Name", Part::Text(name))], |bytes| part(bytes, &Part::Slot(3 + index as u16, 1)));
            }
        });
    });
    bytes.push(0);
    let size = (bytes.len() - body) as u32;
    put(bytes, size_at, &size.to_le_bytes());
}

enum Part<'a> {
    Text(&'a str),
    /// A substitution and its type.
    Slot(u16, u8),
}

fn part(bytes: &mut Vec<u8>, part: &Part<'_>) {
    match part {
        Part::Text(text) => {
            bytes.extend_from_slice(&[0x05, 1]);
            bytes.extend_from_slice(&(text.encode_utf16().count() as u16).to_le_bytes());
            bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        }
        Part::Slot(slot, kind) => {
            bytes.push(0x0d);
            bytes.extend_from_slice(&slot.to_le_bytes());
            bytes.push(*kind);
        }
    }
}

/// A name where it is first used; its place is where its offset says.
fn name(bytes: &mut Vec<u8>, text: &str) {
    let at = bytes.len() as u32 + 4;
    bytes.extend_from_slice(&at.to_le_bytes());
    bytes.extend_from_slice(&[0; 6]);
    bytes.extend_from_slice(&(text.len() as u16).to_le_bytes());
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    bytes.extend_from_slice(&[0, 0]);
}

fn element(bytes: &mut Vec<u8>, tag: &str, attributes: &[(&str, Part<'_>)], content: impl Fn(&mut Vec<u8>)) {
    bytes.push(if attributes.is_empty() { 0x01 } else { 0x41 });
    bytes.extend_from_slice(&[0xff, 0xff]);
    let size_at = bytes.len();
    bytes.extend_from_slice(&[0; 4]);
    name(bytes, tag);
    if !attributes.is_empty() {
        let list_at = bytes.len();
        bytes.extend_from_slice(&[0; 4]);
        for (index, (attribute, value)) in attributes.iter().enumerate() {
            bytes.push(if index + 1 == attributes.len() { 0x06 } else { 0x46 });
            name(bytes, attribute);
            part(bytes, value);
        }
        let size = (bytes.len() - list_at - 4) as u32;
        put(bytes, list_at, &size.to_le_bytes());
    }
    bytes.push(0x02);
    content(bytes);
    bytes.push(0x04);
    let size = (bytes.len() - size_at - 4) as u32;
    put(bytes, size_at, &size.to_le_bytes());
}
