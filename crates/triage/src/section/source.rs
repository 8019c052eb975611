//! Which sources can tell what a section asks: those that were there, and the audit settings that would have told more.

use hikeshi_domain::triage::SectionKind;

use crate::coverage::Coverage;
use crate::kind::{Kind, Log};

/// A source: how it is named, its log and event id, and whether it alone answers the section's question.
type Source = (&'static str, Log, u32, bool);

const ORIGIN: &[Source] = &[
    ("Sysmon 11", Log::Sysmon, 11, true),
    ("Sysmon 15", Log::Sysmon, 15, true),
    ("Sysmon 29", Log::Sysmon, 29, true),
    ("Sysmon 2", Log::Sysmon, 2, false),
    ("Security 4663 (SACL)", Log::Security, 4663, true),
    ("Security 5145", Log::Security, 5145, false),
    ("Defender 1116", Log::Defender, 1116, false),
];
const CHAIN: &[Source] = &[
    ("Sysmon 1", Log::Sysmon, 1, true),
    ("Security 4688", Log::Security, 4688, true),
    ("Security 4624", Log::Security, 4624, false),
    ("Security 4697", Log::Security, 4697, false),
    ("System 7045", Log::System, 7045, false),
    ("Security 4698", Log::Security, 4698, false),
];
const STARTED: &[Source] = &[
    ("Sysmon 1", Log::Sysmon, 1, true),
    ("Security 4688", Log::Security, 4688, true),
    ("Sysmon 8", Log::Sysmon, 8, false),
    ("Sysmon 10", Log::Sysmon, 10, false),
    ("PowerShell 4104", Log::PowerShell, 4104, false),
];
const WRITTEN: &[Source] = &[
    ("Sysmon 11", Log::Sysmon, 11, true),
    ("Sysmon 15", Log::Sysmon, 15, false),
    ("Sysmon 23", Log::Sysmon, 23, false),
    ("Sysmon 26", Log::Sysmon, 26, false),
    ("Sysmon 29", Log::Sysmon, 29, false),
    ("Security 4663 (SACL)", Log::Security, 4663, true),
];
const REGISTRY: &[Source] = &[
    ("Sysmon 12", Log::Sysmon, 12, true),
    ("Sysmon 13", Log::Sysmon, 13, true),
    ("Sysmon 14", Log::Sysmon, 14, false),
    ("Security 4657 (SACL)", Log::Security, 4657, true),
];
/// Sysmon has no event for the plain reading of a file: modules only.
const READ: &[Source] =
    &[("Sysmon 7", Log::Sysmon, 7, true), ("Sysmon 6", Log::Sysmon, 6, false), ("Security 4663 (SACL)", Log::Security, 4663, true)];
const NETWORK: &[Source] = &[
    ("Sysmon 3", Log::Sysmon, 3, true),
    ("Sysmon 22", Log::Sysmon, 22, true),
    ("Security 5156", Log::Security, 5156, true),
    ("DNS-Client 3008", Log::DnsClient, 3008, false),
];
const ATTRIBUTES: &[Source] = &[
    ("Sysmon 1", Log::Sysmon, 1, true),
    ("Sysmon 7", Log::Sysmon, 7, true),
    ("Sysmon 15", Log::Sysmon, 15, true),
    ("Sysmon 29", Log::Sysmon, 29, true),
];

/// Logs that are none of Windows.
const OTHERS: [(Log, &str); 2] = [(Log::Other, "OCSF"), (Log::NetworkSensor, "Suricata")];

const fn table(kind: SectionKind) -> (&'static [Source], &'static [Kind]) {
    match kind {
        SectionKind::Origin => (ORIGIN, &[Kind::FileCreate, Kind::FileStream, Kind::FileExecutable]),
        SectionKind::ProcessChain => (CHAIN, &[Kind::ProcessStart]),
        SectionKind::ProcessesStarted => (STARTED, &[Kind::ProcessStart]),
        SectionKind::FilesWritten => (WRITTEN, &[Kind::FileCreate]),
        SectionKind::RegistryEdited => (REGISTRY, &[Kind::RegistryKey, Kind::RegistrySet]),
        SectionKind::FilesRead => (READ, &[Kind::ImageLoad]),
        SectionKind::Network => (NETWORK, &[Kind::Network, Kind::Dns]),
        SectionKind::FileAttributes => (ATTRIBUTES, &[Kind::ProcessStart, Kind::ImageLoad]),
    }
}

/// Searched sources, missing ones, and whether the section's question could be answered at all.
pub(super) fn sources(kind: SectionKind, coverage: &Coverage) -> (Vec<String>, Vec<String>, bool) {
    let (sources, kinds) = table(kind);
    let (there, missing): (Vec<&Source>, Vec<&Source>) = sources.iter().partition(|(_, log, id, _)| coverage.has(*log, *id));
    let names = |sources: Vec<&Source>| sources.into_iter().map(|(name, ..)| (*name).to_owned()).collect::<Vec<_>>();
    // Only what is no log of Windows: a log of Windows that does not answer the section is named among the missing.
    let told = |(log, _): &&(Log, &str)| there.is_empty() && kinds.iter().any(|kind| coverage.told_of(*log, *kind));
    let others: Vec<&(Log, &str)> = OTHERS.iter().filter(told).collect();
    let collected = !others.is_empty() || there.iter().any(|(.., alone)| *alone);
    let mut searched = names(there);
    searched.extend(others.into_iter().map(|(_, name)| (*name).to_owned()));
    (searched, names(missing), collected)
}
