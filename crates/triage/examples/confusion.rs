//! The judge's judge: triages recordings and prints what verdicts attack and benign subjects got.
//!
//! `confusion LABELS RULES_DIR DATA_DIR [--list]`, where DATA_DIR holds `security-datasets`, `evtx-attack` and
//! `sigma/regression_data`. Labels name processes of `security-datasets`; `--list` prints every subject and labelled process.
//! Reads the playbook from the working folder, so that points and lists can be tuned without building.
//!
//! Recordings are halved by a hash of their path: what is tuned may look at the tuning half only, so `--list` shows no other.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, fs};

use hikeshi_detect::{LoadOptions, RuleSet};
use hikeshi_domain::alert::{Action, AlertProcess, ProductAlert, SourceKind};
use hikeshi_domain::endpoint::BlockMode;
use hikeshi_domain::playbook::Files;
use hikeshi_domain::raise::Raising;
use hikeshi_domain::triage::Triage;
use hikeshi_domain::verdict::Verdict;
use hikeshi_event::{Limits, expand};
use hikeshi_triage::gather::{HostFiles, Reading, gather, matches_of, rule_table, same_host};
use hikeshi_triage::{Focus, Host, Input, Lists, Rule, VerdictBook};
use jiff::Timestamp;

/// One line of `bench/labels.csv`: dataset, host, subject key, label, reason.
struct Label {
    dataset: String,
    host: String,
    key: String,
    label: String,
}

/// To which half a recording belongs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Half {
    Tuning,
    HeldOut,
}

impl Half {
    /// By FNV-1a (64 bits, folded) of the path below the data folder, parts joined by `/`: even is for tuning.
    fn of(path: &Path, data: &Path) -> Half {
        let below = path.strip_prefix(data).unwrap_or(path).to_string_lossy().replace('\\', "/");
        let hash = below.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        if (hash ^ (hash >> 32)).is_multiple_of(2) { Half::Tuning } else { Half::HeldOut }
    }
}

/// Verdicts by group and half.
type Groups = BTreeMap<(String, Half), Counts>;

/// Grades of one group: black, grey, white.
#[derive(Default, Clone, Copy)]
struct Counts([usize; 3]);

impl Counts {
    fn add(&mut self, verdict: Verdict) {
        let place = match verdict {
            Verdict::Black => 0,
            Verdict::Grey => 1,
            Verdict::White => 2,
        };
        if let Some(count) = self.0.get_mut(place) {
            *count += 1;
        }
    }

    fn plus(self, other: Counts) -> Counts {
        let ([a, b, c], [d, e, f]) = (self.0, other.0);
        Counts([a + d, b + e, c + f])
    }

    fn row(&self, name: &str) -> String {
        let [black, grey, white] = self.0;
        let all = (black + grey + white).max(1) as f64;
        format!(
            "{name:56} {black:5} {grey:5} {white:5}   {:5.1} % black {:5.1} % white",
            100.0 * black as f64 / all,
            100.0 * white as f64 / all
        )
    }
}

struct Bench {
    rules: Arc<RuleSet>,
    table: Vec<Rule>,
    book: VerdictBook,
    raising: Raising,
    data: PathBuf,
    list: bool,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = env::args().collect();
    let [_, labels, rules, data, ..] = args.as_slice() else { return Err("usage: confusion LABELS RULES_DIR DATA_DIR [--list]".into()) };
    let folders: Vec<PathBuf> = env::split_paths(rules).collect();
    let loaded = RuleSet::load(&folders, &LoadOptions::with_user_cache())?;
    let table = rule_table(&loaded.rules);
    let own = ["verdict.yaml", "verdict-lists.yaml"].map(|name| Ok((name.to_owned(), fs::read_to_string(format!("playbook/{name}"))?)));
    let book = VerdictBook::load(&Files::with_own(own.into_iter().collect::<std::io::Result<_>>()?)?)?;
    let list = args.iter().any(|arg| arg == "--list");
    let raising = Raising::load(&Files::shipped())?;
    let bench = Bench { rules: loaded.rules, table, book, raising, data: PathBuf::from(data), list };
    let labels = read_labels(labels)?;
    let mut groups = Groups::new();
    for recording in bench.files("security-datasets", "zip") {
        bench.dataset(&recording, &labels, &mut groups);
    }
    for recording in bench.files("evtx-attack", "evtx") {
        let worst = bench.attack(&recording, "evtx-attack: subjects", &mut groups);
        let half = Half::of(&recording, &bench.data);
        let name = "evtx-attack: recordings by worst subject".to_owned();
        worst.into_iter().for_each(|verdict| groups.entry((name.clone(), half)).or_default().add(verdict));
    }
    for case in bench.files("sigma/regression_data", "evtx") {
        bench.attack(&case, "regression cases: subjects", &mut groups);
    }
    print(&groups);
    Ok(())
}

fn print(groups: &Groups) {
    println!("{:56} {:>5} {:>5} {:>5}", "", "black", "grey", "white");
    let names: std::collections::BTreeSet<&String> = groups.keys().map(|(name, _)| name).collect();
    for name in names {
        let half = |half| groups.get(&(name.clone(), half)).copied().unwrap_or_default();
        let (tuning, held_out) = (half(Half::Tuning), half(Half::HeldOut));
        println!("{}", tuning.plus(held_out).row(name));
        println!("{}", tuning.row(&format!("{name}, tuning half")));
        println!("{}", held_out.row(&format!("{name}, held out")));
    }
}

impl Bench {
    fn read(&self, path: &Path, alerts: &[ProductAlert]) -> Vec<HostFiles> {
        let (inputs, _) = expand(&[path.to_string_lossy().into_owned()]);
        let limits = Limits::default();
        let reading =
            Reading { limits: &limits, threads: 2, received_at: Timestamp::now(), raising: &self.raising, lists: &Lists::default() };
        gather(&inputs, &self.rules, alerts, reading, &self.book, |_, _| ()).hosts
    }

    fn files(&self, folder: &str, ending: &str) -> Vec<PathBuf> {
        files(&self.data.join(folder), ending)
    }

    fn triage<'a>(&self, host: &'a HostFiles, read: &Host<'a>, focus: Focus<'_>) -> Triage {
        let matches = matches_of(host, &self.table);
        let input = Input {
            host: &host.host,
            focus,
            others: &[],
            events: &host.events,
            matches: &matches,
            exceptions: &[],
            prevalence: None,
            lists: None,
            answers: &[],
            block_mode: BlockMode::Unknown,
            received_to: host.coverage.span().map_or(Timestamp::UNIX_EPOCH, |(_, last)| last),
            now: host.coverage.span().map_or(Timestamp::UNIX_EPOCH, |(_, last)| last),
            coverage: Some(&host.coverage),
            place: None,
            rules_version: "bench",
        };
        read.triage(&input, &self.book)
    }

    /// Every subject of a recording that is an attack throughout; the worst verdict of the recording.
    fn attack(&self, path: &Path, group: &str, groups: &mut Groups) -> Option<Verdict> {
        let mut worst = None;
        for host in self.read(path, &[]) {
            let read = Host::read(&host.events, &self.book);
            let found = read.subjects(&matches_of(&host, &self.table));
            let by_products = host.raised.iter().filter(|alert| !read.covers(&found, alert)).map(Focus::Alert);
            for focus in found.iter().map(Focus::Found).chain(by_products) {
                let triage = self.triage(&host, &read, focus);
                groups.entry((group.to_owned(), Half::of(path, &self.data))).or_default().add(triage.judgement.verdict);
                worst = worst.max(Some(triage.judgement.verdict));
                self.show(path, "attack", &triage);
            }
        }
        worst
    }

    /// Subjects by matches, told apart by the labels of their processes, and every labelled process by itself.
    fn dataset(&self, path: &Path, labels: &[Label], groups: &mut Groups) {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let mine: Vec<&Label> = labels.iter().filter(|label| label.dataset == name).collect();
        for host in self.read(path, &[]) {
            let read = Host::read(&host.events, &self.book);
            for found in read.subjects(&matches_of(&host, &self.table)) {
                let triage = self.triage(&host, &read, Focus::Found(&found));
                let label = mine.iter().find(|label| names_member(&triage, label)).map_or("unlabelled", |label| label.label.as_str());
                groups
                    .entry((format!("security-datasets: matched, {label}"), Half::of(path, &self.data)))
                    .or_default()
                    .add(triage.judgement.verdict);
                self.show(path, label, &triage);
            }
        }
        let alerts: Vec<ProductAlert> = mine.iter().filter(|label| !label.key.contains('|')).map(|label| alert(label)).collect();
        for host in if alerts.is_empty() { Vec::new() } else { self.read(path, &alerts) } {
            let read = Host::read(&host.events, &self.book);
            for label in mine.iter().filter(|label| same_host(&label.host, &host.host) && !label.key.contains('|')) {
                let last = host.events.last().map_or(Timestamp::UNIX_EPOCH, |event| event.time);
                let alert = ProductAlert { detected_at: last, ..alert(label) };
                let triage = self.triage(&host, &read, Focus::Alert(&alert));
                groups
                    .entry((format!("security-datasets: labelled {}", label.label), Half::of(path, &self.data)))
                    .or_default()
                    .add(triage.judgement.verdict);
                self.show(path, &format!("labelled {}", label.label), &triage);
            }
        }
    }

    fn show(&self, path: &Path, label: &str, triage: &Triage) {
        if !self.list || Half::of(path, &self.data) != Half::Tuning {
            return;
        }
        let findings: Vec<String> = triage.findings.iter().map(|finding| format!("{}{:+}", finding.id, finding.points)).collect();
        let subject = triage.subject.image.as_deref().or(triage.subject.channel.as_deref()).unwrap_or("?");
        let rules: Vec<String> = triage.rules.iter().take(4).map(|rule| format!("{}:{}", rule.level, rule.title)).collect();
        let command = triage.subject.command_line.as_deref().unwrap_or_default().chars().take(150).collect::<String>();
        let node = triage.subject.node.as_deref().unwrap_or_default();
        println!(
            "{}\t{}\t{label}\t{}\t{}\t{}\t{subject}\t{node}\t{command}\t{}\t{}",
            triage.judgement.verdict,
            triage.judgement.score,
            path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy(),
            path.file_stem().unwrap_or_default().to_string_lossy(),
            triage.host,
            findings.join(" "),
            rules.join(" / ").replace('\t', " "),
        );
    }
}

fn names_member(triage: &Triage, label: &Label) -> bool {
    let node = triage.subject.node.as_deref().is_some_and(|node| node.eq_ignore_ascii_case(&label.key));
    let channel = || {
        let user = triage.subject.user.as_deref().unwrap_or_default().to_lowercase();
        triage.subject.channel.as_deref().is_some_and(|channel| format!("{user}|{}", channel.to_lowercase()) == label.key.to_lowercase())
    };
    let member = || triage.tree.nodes.iter().any(|known| known.id.eq_ignore_ascii_case(&label.key) && known.parent.is_some());
    same_host(&triage.host, &label.host) && (node || channel() || member())
}

fn alert(label: &Label) -> ProductAlert {
    ProductAlert {
        id: label.key.clone(),
        host: label.host.clone(),
        detected_at: Timestamp::now(),
        source_kind: SourceKind::Endpoint,
        product: "label".to_owned(),
        name: "label".to_owned(),
        action: Action::Detected,
        file: None,
        process: Some(AlertProcess { guid: Some(label.key.clone()), pid: None }),
    }
}

fn read_labels(path: &str) -> std::io::Result<Vec<Label>> {
    let text = fs::read_to_string(path)?;
    let rows = text.lines().skip(1).filter_map(|line| {
        let mut parts = line.splitn(5, ',').map(str::to_owned);
        Some(Label { dataset: parts.next()?, host: parts.next()?, key: parts.next()?, label: parts.next()? })
    });
    Ok(rows.collect())
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == ending) && !path.to_string_lossy().contains("linux") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
