//! Whom the tree spoke with (E29 … E31).

use std::collections::{BTreeMap, BTreeSet};

use hikeshi_domain::phrase::Phrase;
use hikeshi_domain::reference_list::ListKind;
use hikeshi_event::{Column, Event};

use super::{Evidence, Signature, actors, volume};
use crate::kind::Kind;
use crate::lists::Hit;
use crate::path::inside_volume;
use crate::scope::{Scope, image_name, shown_image};

/// So many calls at even distances are a beacon.
const BEACON_CALLS: usize = 6;
/// Largest deviation from the mean distance, as a share of it.
const BEACON_JITTER: f64 = 0.25;

/// Who called which address and port.
type Line<'a> = (Option<usize>, &'a str, i64);

pub(super) fn weigh(scope: &Scope<'_>, signatures: &BTreeMap<String, Signature>, evidence: &mut Evidence) {
    let members: BTreeSet<usize> = actors(scope).map(|(index, _)| index).collect();
    let acts = |index: &usize| scope.host.processes.acting(*index).is_none_or(|process| members.contains(&process));
    let calls: Vec<(usize, &Event<'_>)> = scope
        .of_kinds(&[Kind::Network])
        .filter(|(index, event)| acts(index) && (outward(scope, event) || accused(scope, event).is_some()))
        .collect();
    let names: Vec<(usize, &Event<'_>)> = scope.of_kinds(&[Kind::Dns]).filter(|(index, _)| acts(index)).collect();
    let answered: BTreeSet<&str> = names.iter().flat_map(|(_, event)| answers(event)).collect();
    for (index, event) in &calls {
        odd_call(scope, *index, event, &answered, evidence);
    }
    for (index, event) in &names {
        let Some(name) = event.text(Column::DnsQuery) else { continue };
        if let Some((target, hit)) =
            std::iter::once(name).chain(answers(event)).find_map(|target| Some((target, listed(scope, ListKind::Bad, target)?)))
        {
            evidence.see("E29", hit.reason("finding.E29.bad").with("target", target), [*index]);
        } else if looks_generated(name) && listed(scope, ListKind::Good, name).is_none() {
            evidence.see("E29", Phrase::new("finding.E29.generated").with("target", name), [*index]);
        }
    }
    beacons(scope, &calls, evidence);
    volume::weigh(scope, &members, &calls, evidence);
    own_domains(scope, signatures, &calls, &names, evidence);
}

/// Names and addresses of a DNS answer: `type:  5 alias.example;::ffff:203.0.113.9;` as Sysmon writes it, or one a line.
fn answers<'a>(event: &'a Event<'_>) -> impl Iterator<Item = &'a str> {
    let answers = event.text(Column::DnsAnswers).unwrap_or_default().split([';', '\n']);
    answers.filter_map(|answer| answer.split_whitespace().next_back()).map(|answer| answer.strip_prefix("::ffff:").unwrap_or(answer))
}

/// The list of that kind that knows the name or the address.
pub(super) fn listed<'a>(scope: &Scope<'a>, kind: ListKind, target: &str) -> Option<Hit<'a>> {
    scope.input.lists.filter(|_| !target.is_empty()).and_then(|lists| lists.name(kind, target, scope.input.now))
}

/// What of a call's destination a list of known bad knows.
fn accused<'a>(scope: &Scope<'a>, event: &'a Event<'a>) -> Option<(&'a str, Hit<'a>)> {
    let targets = [Column::NetworkDstIp, Column::NetworkDstHost].into_iter().filter_map(|column| event.text(column));
    targets.into_iter().find_map(|target| Some((target, listed(scope, ListKind::Bad, target)?)))
}

/// A call that the host began, to another machine.
pub(super) fn outward(scope: &Scope<'_>, event: &Event<'_>) -> bool {
    let inbound = event.text(Column::NetworkDirection).is_some_and(|direction| direction == "inbound");
    let address = event.text(Column::NetworkDstIp).unwrap_or_default();
    !inbound && !address.is_empty() && !scope.book.fits("own_addresses", address)
}

fn odd_call(scope: &Scope<'_>, index: usize, event: &Event<'_>, answered: &BTreeSet<&str>, evidence: &mut Evidence) {
    let address = event.text(Column::NetworkDstIp).unwrap_or_default();
    let port = event.integer(Column::NetworkDstPort).unwrap_or_default();
    if let Some((target, hit)) = accused(scope, event) {
        evidence.see("E29", hit.reason("finding.E29.bad").with("target", target), [index]);
        return;
    }
    let Some(process) = scope.actor(index) else { return };
    let said = |key: &str| Phrase::new(key).with("image", shown_image(process)).with("target", address).with("port", port.to_string());
    let name = image_name(process);
    let ephemeral_server = event.integer(Column::NetworkSrcPort).is_some_and(|source| source < 1024) && port > 1024;
    if ephemeral_server {
        return;
    }
    if scope.book.fits("talks_rarely", &name) {
        evidence.see("E29", said("finding.E29.tool"), [index]);
        return;
    }
    let nameless = event.text(Column::NetworkDstHost).is_none_or(|host| host.is_empty() || host == "-") && !answered.contains(address);
    let suspicious = scope.book.fits("hosts_of_foreign_code", &name)
        || process.image.is_some_and(|image| scope.book.fits("user_writable", inside_volume(image)));
    let odd = !(49_152..=65_535).contains(&port) && !scope.book.fits("ordinary_ports", &port.to_string());
    let hub = scope.host.processes.acting(index).is_some_and(|acting| scope.host.is_hub(acting));
    if nameless && odd && suspicious && !hub && listed(scope, ListKind::Good, address).is_none() {
        evidence.see("E29", said("finding.E29.port"), [index]);
    }
}

/// The same process calls the same place at even distances.
fn beacons(scope: &Scope<'_>, calls: &[(usize, &Event<'_>)], evidence: &mut Evidence) {
    let mut lines: BTreeMap<Line<'_>, Vec<(usize, i64)>> = BTreeMap::new();
    for (index, event) in calls {
        let acting = scope.host.processes.acting(*index);
        let quiet = acting.is_some_and(|acting| quiet(scope, acting));
        let hub = acting.is_some_and(|acting| scope.host.is_hub(acting));
        let address = event.text(Column::NetworkDstIp).unwrap_or_default();
        let port = event.integer(Column::NetworkDstPort).unwrap_or_default();
        if acting.is_some() && !quiet && !hub {
            lines.entry((acting, address, port)).or_default().push((*index, event.time.as_millisecond()));
        }
    }
    for ((acting, address, port), line) in lines {
        let Some(every) = even_distance(&line.iter().map(|(_, at)| *at).collect::<Vec<_>>()) else { continue };
        let image = acting.and_then(|acting| scope.host.processes.get(acting)).map(shown_image).unwrap_or_default();
        let reason = Phrase::new("finding.E30").with("image", image).with("target", address).with("port", port.to_string());
        let reason = reason.with("count", line.len().to_string()).with("seconds", format!("{every:.1}"));
        evidence.see("E30", reason, line.into_iter().map(|(index, _)| index));
    }
}

/// A program where only an administrator writes, that runs nobody else's code: its regular calls and large uploads are its work.
pub(super) fn quiet(scope: &Scope<'_>, process: usize) -> bool {
    scope.host.processes.get(process).and_then(|process| process.image).is_some_and(|image| {
        scope.book.fits("program_places", inside_volume(image))
            && !scope.book.fits("hosts_of_foreign_code", &crate::path::lower_name(image))
    })
}

/// The mean distance in seconds, if the calls keep it.
fn even_distance(times_ms: &[i64]) -> Option<f64> {
    let mut times = times_ms.to_vec();
    times.sort_unstable();
    times.dedup_by_key(|at| *at / 500);
    if times.len() < BEACON_CALLS {
        return None;
    }
    let gaps: Vec<f64> = times.iter().zip(times.iter().skip(1)).map(|(a, b)| (b - a) as f64 / 1000.0).collect();
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let deviation = (gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64).sqrt();
    (mean >= 1.0 && deviation <= mean * BEACON_JITTER).then_some(mean)
}

/// A long label of many consonants and digits: names that nobody would choose. Content networks use the deeper labels, so only
/// the registered one counts.
fn looks_generated(name: &str) -> bool {
    let labels: Vec<&str> = name.trim_end_matches('.').split('.').collect();
    let Some(label) = labels.len().checked_sub(2).and_then(|at| labels.get(at)) else { return false };
    let label = label.to_lowercase();
    if label.len() < 12 || label.starts_with("xn--") || label.contains('-') {
        return false;
    }
    let vowels = label.chars().filter(|sign| "aeiou".contains(*sign)).count();
    let digits = label.chars().filter(char::is_ascii_digit).count();
    let share = |count: usize| count as f64 / label.len() as f64;
    share(digits) >= 0.3 && digits < label.len() && share(vowels) < 0.25 || share(vowels) < 0.12
}

/// All that was asked for and called belongs to whoever signed the program.
fn own_domains(
    scope: &Scope<'_>,
    signatures: &BTreeMap<String, Signature>,
    calls: &[(usize, &Event<'_>)],
    names: &[(usize, &Event<'_>)],
    evidence: &mut Evidence,
) {
    let Some(image) = scope.subject.image.as_deref() else { return };
    let signature = signatures.get(&inside_volume(image).to_lowercase());
    let Some(signer) = signature.filter(|signature| signature.valid()).and_then(|signature| signature.signer.as_deref()) else { return };
    let asked = names.iter().filter_map(|(_, event)| event.text(Column::DnsQuery));
    let called = calls.iter().filter_map(|(_, event)| event.text(Column::NetworkDstHost)).filter(|host| host.contains('.'));
    let mut targets: Vec<&str> = asked.chain(called).collect();
    targets.sort_unstable();
    targets.dedup();
    let own = |target: &&str| scope.book.fits("update_domains", &format!("{signer}|{target}"));
    if !targets.is_empty() && targets.iter().all(own) && !scope.runs_foreign_code() {
        let events = names.iter().chain(calls).map(|(index, _)| *index);
        let reason = Phrase::new("finding.E31")
            .with("signer", signer)
            .with("targets", targets.iter().take(5).copied().collect::<Vec<_>>().join(", "));
        evidence.see("E31", reason, events);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beacon_keeps_its_distance() {
        let every_five: Vec<i64> = (0..8).map(|n| n * 5_000 + (n % 3) * 200).collect();
        assert!(even_distance(&every_five).is_some_and(|every| (4.9..5.2).contains(&every)));
        assert!(even_distance(&[0, 5_000, 10_000, 15_000]).is_none(), "too few");
        assert!(even_distance(&[0, 1_000, 9_000, 9_700, 30_000, 31_000, 90_000]).is_none(), "uneven");
        assert!(even_distance(&[0, 100, 200, 300, 400, 450, 470]).is_none(), "one burst");
    }

    #[test]
    fn only_registered_labels_that_nobody_would_choose_look_generated() {
        for name in ["xkqzvtrwplmnb.com", "a8f3k2j9q0x7z1.net", "www.q1w2e3r4t5y6z7.info"] {
            assert!(looks_generated(name), "{name}");
        }
        for name in [
            "windowsupdate.com",
            "d3a1b2c3d4e5f6.cloudfront.net",
            "login.microsoftonline.com",
            "xn--eckwd4c7cu47r2wf.jp",
            "localhost",
            "kokubungakukenkyu.ac.jp",
        ] {
            assert!(!looks_generated(name), "{name}");
        }
    }
}
