//! Steps of a story as they happen on a computer.

use hikeshi_domain::alert::{AlertFile, AlertProcess, ProductAlert};

use crate::computer::{Live, Minute, Written};
use crate::generate::{DrillAlert, Due, Generator, Item, Mail, event, instant};
use crate::scenario::{Act, Actor, AlertAct, MailAct, Scenario};
use crate::template::{Template, unescaped};

/// How long a story keeps a computer on that would be off.
const HELD_MS: i64 = 30 * 60_000;

impl Generator<'_> {
    /// Lets one due step happen.
    pub(crate) fn act(&mut self, scenario: &Scenario, due: Due, minute: &Minute, items: &mut Vec<(i64, Item)>) {
        let Some(step) = scenario.stories.get(due.story).and_then(|story| story.steps.get(due.step)) else { return };
        let mut out = Vec::new();
        if !self.is_possible(scenario, due, &step.act, minute, &mut out) {
            return;
        }
        match &step.act {
            Act::Start { handle, program, parent, command } => {
                let parent = parent.as_ref().and_then(|parent| self.process(scenario, due, parent, minute, &mut out));
                let command = self.text(scenario, due, command, parent.as_ref(), minute);
                let Some(computer) = self.computers.get_mut(due.computer) else { return };
                let office = &scenario.office;
                let live = match &parent {
                    Some(parent) => computer.start_below(office, minute, due.at_ms, *program, Some(command.into()), Some(parent), &mut out),
                    None => computer.start(office, minute, due.at_ms, *program, Some(command.into()), &mut out),
                };
                self.started.insert((due.run, handle.clone()), live);
            }
            Act::Stop(actor) => {
                if let Some(live) = self.process(scenario, due, actor, minute, &mut out)
                    && let Some(computer) = self.computers.get_mut(due.computer)
                {
                    computer.stop(&scenario.office, minute, due.at_ms, live.serial, &mut out);
                }
            }
            Act::Event { line, by } => {
                let live = by.as_ref().and_then(|by| self.process(scenario, due, by, minute, &mut out));
                if let Some(computer) = self.computers.get_mut(due.computer) {
                    computer.write(&scenario.office, minute, due.at_ms, line, live.as_ref(), None, &mut out);
                }
            }
            Act::Alert(alert) => items.push((due.at_ms, Item::Alert(self.alert(scenario, due, alert, minute)))),
            Act::Mail(mail) => items.push((due.at_ms, Item::Mail(self.mail(scenario, due, mail, minute)))),
        }
        items.extend(out.into_iter().map(event));
    }

    /// A first step switches the computer on if need be; a repetition needs its process alive.
    fn is_possible(&mut self, scenario: &Scenario, due: Due, act: &Act, minute: &Minute, out: &mut Vec<Written>) -> bool {
        let named = match act {
            Act::Event { by: Some(Actor::Named(name)), .. } => Some(name),
            _ => None,
        };
        let alive = |generator: &Self| {
            let live = named.and_then(|name| generator.started.get(&(due.run, name.clone())));
            let computer = generator.computers.get(due.computer);
            live.zip(computer).is_some_and(|(live, computer)| computer.runs(live.serial))
        };
        if due.again {
            return alive(self);
        }
        let Some(computer) = self.computers.get_mut(due.computer) else { return false };
        computer.held_until_ms = due.at_ms + HELD_MS;
        if !computer.on {
            computer.boot(&scenario.office, minute, minute.start_ms, out);
        }
        true
    }

    fn process(&mut self, scenario: &Scenario, due: Due, actor: &Actor, minute: &Minute, out: &mut Vec<Written>) -> Option<Live> {
        match actor {
            Actor::Named(name) => self.started.get(&(due.run, name.clone())).cloned(),
            Actor::Program(program) => {
                let computer = self.computers.get_mut(due.computer)?;
                Some(computer.running(&scenario.office, minute, due.at_ms, *program, out))
            }
        }
    }

    fn text(&mut self, scenario: &Scenario, due: Due, template: &Template, parent: Option<&Live>, minute: &Minute) -> String {
        let mut text = String::new();
        if let Some(computer) = self.computers.get_mut(due.computer) {
            computer.fill(&scenario.office, minute, due.at_ms, template, parent, None, &mut text);
        }
        text
    }

    fn alert(&mut self, scenario: &Scenario, due: Due, act: &AlertAct, minute: &Minute) -> DrillAlert {
        let live = act.process.as_ref().and_then(|process| self.process(scenario, due, process, minute, &mut Vec::new()));
        let guid = live.as_ref().map(|live| self.text(scenario, due, &guid_only(), Some(live), minute));
        let path = unescaped(&self.text(scenario, due, &act.path, live.as_ref(), minute));
        let host = self.computers.get(due.computer).map_or("", |computer| computer.text.host.as_str());
        let alert = ProductAlert {
            id: format!("{}-{:04}-{:04}", scenario.name, due.run + 1, due.step + 1),
            host: unescaped(host),
            detected_at: instant(due.at_ms),
            source_kind: act.source_kind,
            product: act.product.clone(),
            name: act.name.clone(),
            action: act.action,
            file: Some(AlertFile { path: Some(path), sha256: Some(act.sha256.clone()), sha1: None, md5: None }),
            process: live.map(|live| AlertProcess { guid, pid: i64::try_from(live.pid).ok() }),
        };
        DrillAlert { received_at: instant(due.at_ms + act.received_after_ms), alert }
    }

    fn mail(&mut self, scenario: &Scenario, due: Due, act: &MailAct, minute: &Minute) -> Mail {
        let mut text = |template: &Template| unescaped(&self.text(scenario, due, template, None, minute));
        Mail {
            at: instant(due.at_ms),
            from: text(&act.from),
            to: text(&act.to),
            subject: text(&act.subject),
            body: text(&act.body),
            attachments: act.attachments.clone(),
        }
    }
}

fn guid_only() -> Template {
    Template { pieces: vec![crate::template::Piece::Place(crate::template::Place::Guid)] }
}
