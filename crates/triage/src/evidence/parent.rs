//! Who started whom (E19 … E21).

use hikeshi_domain::phrase::Phrase;
use hikeshi_event::Column;

use super::{Evidence, actors, shown_in, spoken};
use crate::kind::Kind;
use crate::path::{inside_volume, lower_name};
use crate::process::Process;
use crate::scope::{Scope, image_name, shown_image};

pub(super) fn weigh(scope: &Scope<'_>, evidence: &mut Evidence) {
    for (_, child) in actors(scope) {
        let Some(parent) = child.parent.and_then(|parent| scope.host.processes.get(parent)) else { continue };
        exploited(scope, parent, child, evidence);
        started_by_system(scope, parent, child, evidence);
        let tools = |process: &Process<'_>| scope.book.fits("developer_tools", &image_name(process));
        if tools(parent) && !scope.book.fits("shells", &image_name(child)) {
            evidence.see("E21", family("finding.E21", parent, child), shown_in(scope, child));
        }
    }
}

fn exploited(scope: &Scope<'_>, parent: &Process<'_>, child: &Process<'_>, evidence: &mut Evidence) {
    let (from, to) = (image_name(parent), image_name(child));
    let book = scope.book;
    let shell = book.fits("shells", &to);
    let unknown = child.image.is_some_and(|image| image.contains('\\') && !book.fits("program_places", inside_volume(image)));
    let same = from == to;
    let key = if book.fits("documents", &from) && (shell || unknown) {
        "finding.E19"
    } else if book.fits("browsers", &from) && shell && !calls_back(child) {
        "finding.E19.browser"
    } else if book.fits("script_hosts", &from) && (shell || unknown) && !same && !opens_panel(child) {
        "finding.E19.script"
    } else if book.fits("servers", &from) && (shell || unknown) && !same {
        "finding.E19.server"
    } else if book.fits("childless", &from) && shell && !same && !opens_panel(child) {
        "finding.E19.childless"
    } else if parent.image.is_some_and(|image| book.fits("system_parents", inside_volume(image)))
        && !book.fits("system_children", &format!("{from}|{to}"))
    {
        "finding.E19.system"
    } else {
        return;
    };
    evidence.see("E19", family(key, parent, child), shown_in(scope, child));
}

/// Browsers start a shell themselves to speak with an extension's helper program.
fn calls_back(child: &Process<'_>) -> bool {
    child.command_line.is_some_and(|line| line.contains("chrome-extension://") || line.contains("\\\\.\\pipe\\chrome.nativeMessaging"))
}

/// The control panel opens its own pages through rundll32.
fn opens_panel(child: &Process<'_>) -> bool {
    let line = child.command_line.unwrap_or_default().to_lowercase();
    image_name(child) == "rundll32.exe" && !line.contains(".cpl") && line.contains("shell32.dll")
}

fn started_by_system(scope: &Scope<'_>, parent: &Process<'_>, child: &Process<'_>, evidence: &mut Evidence) {
    let name = image_name(parent);
    let as_spoken = spoken(parent).unwrap_or_default();
    let book = scope.book;
    let starter = book.fits("service_starters", &name)
        || book.fits("service_starters", &format!("{name} {}", parent.command_line.unwrap_or_default()))
        || book.fits("service_starters", &as_spoken);
    if !starter {
        return;
    }
    let telling = book.fits("shells", &image_name(child)) && !matches!(image_name(child).as_str(), "svchost.exe" | "msiexec.exe");
    let outside = child.image.is_some_and(|image| image.contains('\\') && !book.fits("program_places", inside_volume(image)));
    if telling || outside && name != "services.exe" {
        evidence.see("E20", family("finding.E20", parent, child), shown_in(scope, child));
        return;
    }
    if let Some((index, made)) = fresh(scope, child) {
        let events = shown_in(scope, child).into_iter().chain([index]);
        evidence.see("E20", family("finding.E20.fresh", parent, child).with("made", made), events);
    }
}

/// A service or task that names the child's image and was made in the window before it ran.
fn fresh(scope: &Scope<'_>, child: &Process<'_>) -> Option<(usize, String)> {
    let image = child.image.map(lower_name).filter(|name| name.len() > 4)?;
    let began = child.started_at?;
    let made = scope.host_events(&[Kind::ServiceInstall, Kind::Task]).find(|(_, event)| {
        let text = [Column::ServiceImage, Column::TaskContent].into_iter().find_map(|column| event.text(column)).unwrap_or_default();
        event.time <= began && text.to_lowercase().contains(&image)
    });
    made.map(|(index, event)| (index, event.text(Column::ServiceName).or(event.text(Column::TaskName)).unwrap_or_default().to_owned()))
}

fn family(key: &str, parent: &Process<'_>, child: &Process<'_>) -> Phrase {
    Phrase::new(key).with("parent", shown_image(parent)).with("child", shown_image(child))
}
