//! The provider of a Windows event whose forwarder left it out, from its channel and id.

use std::borrow::Cow;

/// The provider, or empty where the channel alone does not tell.
pub(crate) fn of<'a>(channel: &Cow<'a, str>, event_id: u32) -> Cow<'a, str> {
    let before_slash = match channel {
        Cow::Borrowed(channel) => channel.split_once('/').map(|(provider, _)| Cow::Borrowed(provider)),
        Cow::Owned(channel) => channel.split_once('/').map(|(provider, _)| Cow::Owned(provider.to_owned())),
    };
    before_slash.unwrap_or_else(|| Cow::Borrowed(of_classic(channel, event_id)))
}

fn of_classic(channel: &str, event_id: u32) -> &'static str {
    match (channel, event_id) {
        ("Security", 1100..=1108) => "Microsoft-Windows-Eventlog",
        ("Security", _) => "Microsoft-Windows-Security-Auditing",
        ("Windows PowerShell", _) => "PowerShell",
        ("System", 7000..=7045) => "Service Control Manager",
        ("System", 104 | 6005..=6009) => "Microsoft-Windows-Eventlog",
        ("System", 12 | 13 | 16) => "Microsoft-Windows-Kernel-General",
        ("Application", 1033..=1042 | 11707 | 11708 | 11724) => "MsiInstaller",
        ("Application", 1000 | 1002) => "Application Error",
        ("Application", 1001) => "Windows Error Reporting",
        ("Application", 216 | 325..=327) => "ESENT",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_channel_names_its_provider() {
        let of = |channel, event_id| of(&Cow::Borrowed(channel), event_id);
        assert_eq!(of("Microsoft-Windows-Sysmon/Operational", 1), "Microsoft-Windows-Sysmon");
        assert_eq!(of("Security", 4688), "Microsoft-Windows-Security-Auditing");
        assert_eq!(of("Security", 1102), "Microsoft-Windows-Eventlog");
        assert_eq!(of("System", 7045), "Service Control Manager");
        assert_eq!(of("System", 1), "");
    }
}
