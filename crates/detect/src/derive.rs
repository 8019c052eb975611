//! Fields that rules ask for and a log holds in another shape: Sysmon's hashes, and Security audits seen as Sysmon would tell them.

use hikeshi_event::Record;

use crate::source::Derivation;

/// Registry hives as audits name them, and as Sysmon shortens them.
const HIVES: [(&str, &str); 2] = [(r"\REGISTRY\MACHINE", "HKLM"), (r"\REGISTRY\USER", "HKU")];
/// Integrity levels by the last part of the mandatory label.
const INTEGRITY: [(&str, &str); 5] =
    [("S-1-16-4096", "Low"), ("S-1-16-8192", "Medium"), ("S-1-16-8448", "Medium"), ("S-1-16-12288", "High"), ("S-1-16-16384", "System")];
/// Well-known accounts that audits name after the machine.
const ACCOUNTS: [(&str, &str); 3] =
    [("S-1-5-18", r"NT AUTHORITY\SYSTEM"), ("S-1-5-19", r"NT AUTHORITY\LOCAL SERVICE"), ("S-1-5-20", r"NT AUTHORITY\NETWORK SERVICE")];

impl Derivation {
    /// The names of the fields that may be derived.
    pub(crate) const fn names(self) -> &'static [&'static str] {
        match self {
            Derivation::Hashes => &["md5", "sha1", "sha256", "Imphash"],
            Derivation::Process4688 => &["User", "IntegrityLevel"],
            Derivation::Registry4657 => &["TargetObject", "EventType"],
            Derivation::Network5156 => &["Image", "Initiated"],
        }
    }

    /// Whether this derivation says anything of such an event.
    pub(crate) fn applies_to(self, event_id: u32) -> bool {
        match self {
            Derivation::Hashes => true,
            Derivation::Process4688 => event_id == 4688,
            Derivation::Registry4657 => event_id == 4657,
            Derivation::Network5156 => event_id == 5156,
        }
    }

    /// Hands over each derived field: its name and its text, built in `buffer`.
    pub(crate) fn run(self, record: &Record<'_>, buffer: &mut String, give: &mut impl FnMut(&'static str, &str)) {
        match self {
            Derivation::Hashes => hashes(record, give),
            Derivation::Process4688 => process(record, buffer, give),
            Derivation::Registry4657 => registry(record, buffer, give),
            Derivation::Network5156 => network(record, buffer, give),
        }
    }
}

fn hashes(record: &Record<'_>, give: &mut impl FnMut(&'static str, &str)) {
    for pair in record.text("Hashes").unwrap_or_default().split(',') {
        let Some((kind, digest)) = pair.split_once('=') else { continue };
        let known = Derivation::Hashes.names().iter().find(|name| name.eq_ignore_ascii_case(kind));
        if let Some(name) = known {
            give(name, digest);
        }
    }
}

fn process(record: &Record<'_>, buffer: &mut String, give: &mut impl FnMut(&'static str, &str)) {
    let sid = record.text("SubjectUserSid").unwrap_or_default();
    buffer.clear();
    match ACCOUNTS.iter().find(|(known, _)| *known == sid) {
        Some((_, account)) => buffer.push_str(account),
        None => {
            let (Some(domain), Some(user)) = (record.text("SubjectDomainName"), record.text("SubjectUserName")) else { return };
            buffer.extend([domain, "\\", user]);
        }
    }
    give("User", buffer);
    let label = record.text("MandatoryLabel").unwrap_or_default();
    if let Some((_, level)) = INTEGRITY.iter().find(|(known, _)| *known == label) {
        give("IntegrityLevel", level);
    }
}

fn registry(record: &Record<'_>, buffer: &mut String, give: &mut impl FnMut(&'static str, &str)) {
    if let Some(path) = record.text("ObjectName") {
        buffer.clear();
        let hive = HIVES.iter().find_map(|(long, short)| {
            let (head, tail) = path.split_at_checked(long.len())?;
            head.eq_ignore_ascii_case(long).then_some((short, tail))
        });
        match hive {
            Some((short, tail)) => buffer.extend([short, tail]),
            None => buffer.push_str(path),
        }
        if let Some(value) = record.text("ObjectValueName").filter(|value| *value != "-") {
            buffer.extend(["\\", value]);
        }
        give("TargetObject", buffer);
    }
    match record.text("OperationType") {
        Some("%%1904" | "%%1905") => give("EventType", "SetValue"),
        Some("%%1906") => give("EventType", "DeleteValue"),
        _ => {}
    }
}

/// The audit names the volume's device; the system volume is taken for `C:`.
fn network(record: &Record<'_>, buffer: &mut String, give: &mut impl FnMut(&'static str, &str)) {
    if let Some(path) = record.text("Application") {
        buffer.clear();
        let prefix = r"\device\harddiskvolume";
        let tail = path.split_at_checked(prefix.len()).filter(|(head, _)| head.eq_ignore_ascii_case(prefix));
        match tail.and_then(|(_, tail)| tail.find('\\').and_then(|at| tail.get(at..))) {
            Some(tail) => buffer.extend(["C:", tail]),
            None => buffer.push_str(path),
        }
        give("Image", buffer);
    }
    match record.text("Direction") {
        Some("%%14593") => give("Initiated", "true"),
        Some("%%14592") => give("Initiated", "false"),
        _ => {}
    }
}
