//! What an event tells, whichever log tells it.

use hikeshi_event::Event;

/// The log that an event comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Log {
    /// Microsoft-Windows-Sysmon/Operational.
    Sysmon,
    /// Security.
    Security,
    /// System.
    System,
    /// Microsoft-Windows-PowerShell/Operational and PowerShellCore.
    PowerShell,
    /// Windows PowerShell.
    PowerShellClassic,
    /// Microsoft-Windows-Windows Defender/Operational.
    Defender,
    /// Microsoft-Windows-WMI-Activity/Operational.
    Wmi,
    /// Microsoft-Windows-TaskScheduler/Operational.
    TaskScheduler,
    /// Microsoft-Windows-DNS-Client/Operational.
    DnsClient,
    /// What Windows logs of devices: Partition/Diagnostic, DriverFrameworks-UserMode, Kernel-PnP.
    Devices,
    /// Suricata, firewalls and the like.
    NetworkSensor,
    /// Anything else.
    Other,
}

impl Log {
    /// The log of an event, by its channel.
    pub fn of(event: &Event<'_>) -> Log {
        const NAMES: &[(&str, Log)] = &[
            ("Microsoft-Windows-Sysmon/Operational", Log::Sysmon),
            ("Security", Log::Security),
            ("System", Log::System),
            ("Microsoft-Windows-PowerShell/Operational", Log::PowerShell),
            ("PowerShellCore/Operational", Log::PowerShell),
            ("Windows PowerShell", Log::PowerShellClassic),
            ("Microsoft-Windows-Windows Defender/Operational", Log::Defender),
            ("Microsoft-Windows-WMI-Activity/Operational", Log::Wmi),
            ("Microsoft-Windows-TaskScheduler/Operational", Log::TaskScheduler),
            ("Microsoft-Windows-DNS-Client/Operational", Log::DnsClient),
            ("Microsoft-Windows-Partition/Diagnostic", Log::Devices),
            ("Microsoft-Windows-DriverFrameworks-UserMode/Operational", Log::Devices),
            ("Microsoft-Windows-Kernel-PnP/Configuration", Log::Devices),
        ];
        let named = NAMES.iter().find(|(name, _)| event.channel.eq_ignore_ascii_case(name));
        match named {
            Some((_, log)) => *log,
            None if event.channel.starts_with("suricata") => Log::NetworkSensor,
            None if event.provider == "Microsoft-Windows-Sysmon" => Log::Sysmon,
            None => Log::Other,
        }
    }

    /// The name that people know it by.
    pub const fn name(self) -> &'static str {
        match self {
            Log::Sysmon => "Sysmon",
            Log::Security => "Security",
            Log::System => "System",
            Log::PowerShell => "PowerShell",
            Log::PowerShellClassic => "Windows PowerShell",
            Log::Defender => "Defender",
            Log::Wmi => "WMI-Activity",
            Log::TaskScheduler => "TaskScheduler",
            Log::DnsClient => "DNS-Client",
            Log::Devices => "Devices",
            Log::NetworkSensor => "Network sensor",
            Log::Other => "Other",
        }
    }
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A process began.
    ProcessStart,
    /// A process ended.
    ProcessEnd,
    /// A file was created or overwritten.
    FileCreate,
    /// A stream of a file was created: the mark of the web.
    FileStream,
    /// A new executable file was seen.
    FileExecutable,
    /// The creation time of a file was changed.
    FileTime,
    /// A file was deleted.
    FileDelete,
    /// A file or another object was opened with rights: 4656, 4663.
    ObjectAccess,
    /// A share was used.
    ShareAccess,
    /// A registry key was made or removed.
    RegistryKey,
    /// A registry value was set.
    RegistrySet,
    /// A registry key or value was renamed.
    RegistryRename,
    /// A module was loaded.
    ImageLoad,
    /// A driver was loaded.
    DriverLoad,
    /// A thread was made in another process.
    RemoteThread,
    /// A process was opened by another.
    ProcessAccess,
    /// A process image was changed under way.
    Tampering,
    /// A pipe was created.
    PipeCreate,
    /// A pipe was connected to.
    PipeConnect,
    /// A network connection.
    Network,
    /// A name was asked for.
    Dns,
    /// A WMI filter, consumer or binding.
    WmiSubscription,
    /// A service was installed.
    ServiceInstall,
    /// A scheduled task was made or changed.
    Task,
    /// Somebody logged on.
    Logon,
    /// Somebody used other credentials.
    ExplicitLogon,
    /// Script text.
    Script,
    /// An event log was cleared.
    LogCleared,
    /// Audit policy was changed.
    AuditPolicy,
    /// An object of the directory was read.
    DirectoryAccess,
    /// An account or group was changed.
    AccountChange,
    /// A device was attached or detached.
    Device,
    /// A product detected something.
    Detection,
    /// A product's protection was changed.
    ProtectionChange,
    /// Anything else.
    Other,
}

impl Kind {
    /// The kind of an event.
    pub fn of(event: &Event<'_>) -> Kind {
        match Log::of(event) {
            Log::Sysmon => sysmon(event.event_id),
            Log::Security => security(event.event_id),
            Log::System => match event.event_id {
                7045 => Kind::ServiceInstall,
                104 => Kind::LogCleared,
                _ => Kind::Other,
            },
            Log::PowerShell if matches!(event.event_id, 4103 | 4104) => Kind::Script,
            Log::PowerShellClassic if matches!(event.event_id, 400 | 800) => Kind::Script,
            Log::Defender => match event.event_id {
                1006 | 1015 | 1116 | 1117 | 1118 | 1119 => Kind::Detection,
                5001 | 5004 | 5007 | 5010 | 5012 | 5013 => Kind::ProtectionChange,
                _ => Kind::Other,
            },
            Log::Wmi if matches!(event.event_id, 5860 | 5861) => Kind::WmiSubscription,
            Log::TaskScheduler if matches!(event.event_id, 106 | 140) => Kind::Task,
            Log::DnsClient if event.event_id == 3008 => Kind::Dns,
            Log::Devices if matches!(event.event_id, 400 | 410 | 1006 | 2003) => Kind::Device,
            _ => by_class(event),
        }
    }
}

fn sysmon(id: u32) -> Kind {
    match id {
        1 => Kind::ProcessStart,
        2 => Kind::FileTime,
        3 => Kind::Network,
        5 => Kind::ProcessEnd,
        6 => Kind::DriverLoad,
        7 => Kind::ImageLoad,
        8 => Kind::RemoteThread,
        10 => Kind::ProcessAccess,
        11 => Kind::FileCreate,
        12 => Kind::RegistryKey,
        13 => Kind::RegistrySet,
        14 => Kind::RegistryRename,
        15 => Kind::FileStream,
        17 => Kind::PipeCreate,
        18 => Kind::PipeConnect,
        19..=21 => Kind::WmiSubscription,
        22 => Kind::Dns,
        23 | 26 => Kind::FileDelete,
        25 => Kind::Tampering,
        29 => Kind::FileExecutable,
        _ => Kind::Other,
    }
}

fn security(id: u32) -> Kind {
    match id {
        4688 => Kind::ProcessStart,
        4689 => Kind::ProcessEnd,
        4656 | 4663 => Kind::ObjectAccess,
        4660 => Kind::FileDelete,
        4657 => Kind::RegistrySet,
        5140 | 5145 => Kind::ShareAccess,
        5156 => Kind::Network,
        4697 => Kind::ServiceInstall,
        4698 | 4702 => Kind::Task,
        4624 => Kind::Logon,
        4648 => Kind::ExplicitLogon,
        1102 => Kind::LogCleared,
        4719 | 4912 => Kind::AuditPolicy,
        4662 => Kind::DirectoryAccess,
        6416 => Kind::Device,
        4720 | 4722 | 4724 | 4728 | 4732 | 4738 | 4742 | 4756 | 4765 | 4794 => Kind::AccountChange,
        _ => Kind::Other,
    }
}

/// Events of other formats say what they are by their OCSF class.
fn by_class(event: &Event<'_>) -> Kind {
    match (event.class_uid, event.activity_id) {
        (1007, 1) => Kind::ProcessStart,
        (1007, 2) => Kind::ProcessEnd,
        (1007, 3) => Kind::ProcessAccess,
        (1007, 4) => Kind::RemoteThread,
        (1001, 1 | 3) => Kind::FileCreate,
        (1001, 4) => Kind::FileDelete,
        (1001, 2 | 14) => Kind::ObjectAccess,
        (1005, 1) => Kind::ImageLoad,
        (201_001, _) => Kind::RegistryKey,
        (201_002, _) => Kind::RegistrySet,
        (4001 | 4002, _) => Kind::Network,
        (4003, _) => Kind::Dns,
        (201_004, 1) => Kind::ServiceInstall,
        (1006, 1 | 2) => Kind::Task,
        (1009, _) => Kind::Script,
        (2004, _) => Kind::Detection,
        (3002, 1) => Kind::Logon,
        _ => Kind::Other,
    }
}
