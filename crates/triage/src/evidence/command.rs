//! What command lines, scripts, services and tasks say (E22, E23, and the spoken part of E25, E26, E27, E33, E41).

use std::collections::BTreeSet;

use hikeshi_domain::phrase::Phrase;
use hikeshi_event::Column;

use super::{Evidence, actors, shown_in, snip, spoken};
use crate::kind::Kind;
use crate::scope::{Scope, shown_image};

/// How many different commands that look around make a look around.
const RECONNAISSANCE: usize = 3;
/// Longer scripts are modules; what they may contain is no command.
const SCRIPT_BYTES: usize = 64 << 10;

/// A text that somebody ran, and where it stands.
struct Said {
    image: String,
    text: String,
    events: Vec<usize>,
    by: Speaker,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Speaker {
    CommandLine,
    Script,
    Service,
}

pub(super) fn weigh(scope: &Scope<'_>, evidence: &mut Evidence) {
    let mut looks: BTreeSet<String> = BTreeSet::new();
    let mut look_events = Vec::new();
    for said in everything_said(scope) {
        let book = scope.book;
        let reason = |id: &str| {
            let key = match said.by {
                Speaker::CommandLine => format!("finding.{id}"),
                Speaker::Script => format!("finding.{id}.script"),
                Speaker::Service => format!("finding.{id}.service"),
            };
            Phrase::new(key).with("image", &said.image).with("command", snip(&said.text))
        };
        for (list, id) in [
            ("suspicious_use", "E22"),
            ("hidden_command", "E23"),
            ("defence_command", "E26"),
            ("credential_command", "E27"),
            ("lateral_command", "E33"),
            ("attack_tools", "E41"),
        ] {
            let spoken_only = said.by == Speaker::Script && matches!(id, "E22" | "E41");
            if !spoken_only && book.fits(list, &said.text) {
                evidence.see(id, reason(id), said.events.iter().copied());
            }
        }
        if book.fits("persistence_command", &said.text) {
            evidence.see("E25", reason("E25"), said.events.iter().copied());
        }
        if said.by == Speaker::CommandLine && book.count("reconnaissance", &said.text) > 0 {
            looks.insert(said.image.to_lowercase() + &first_argument(&said.text));
            look_events.extend(said.events);
        }
    }
    if looks.len() >= RECONNAISSANCE {
        evidence.see("E22", Phrase::new("finding.E22.look").with("count", looks.len().to_string()), look_events);
    }
}

fn everything_said(scope: &Scope<'_>) -> Vec<Said> {
    let lines = actors(scope).filter_map(|(_, process)| {
        let text = spoken(process)?;
        Some(Said { image: shown_image(process), text, events: shown_in(scope, process), by: Speaker::CommandLine })
    });
    let scripts = scope.of_kinds(&[Kind::Script]).filter_map(|(index, event)| {
        let text = event.text(Column::ScriptText)?;
        let image = scope.actor(index).map(shown_image).unwrap_or_else(|| "PowerShell".to_owned());
        (text.len() <= SCRIPT_BYTES).then(|| Said { image, text: text.to_owned(), events: vec![index], by: Speaker::Script })
    });
    let services = scope.of_kinds(&[Kind::ServiceInstall, Kind::Task, Kind::WmiSubscription]).filter_map(|(index, event)| {
        let columns = [Column::ServiceImage, Column::TaskContent, Column::ScriptText];
        let text = columns.into_iter().find_map(|column| event.text(column))?;
        let image = event
            .text(Column::ServiceName)
            .or(event.text(Column::TaskName))
            .or(event.text(Column::ObjectName))
            .unwrap_or_default()
            .to_owned();
        Some(Said { image, text: text.to_owned(), events: vec![index], by: Speaker::Service })
    });
    lines.chain(scripts).chain(services).collect()
}

fn first_argument(line: &str) -> String {
    line.split_whitespace().nth(2).unwrap_or_default().to_lowercase()
}
