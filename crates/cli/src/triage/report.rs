//! The reports of a run: PDF, HTML and JSON per subject with the full list of its rows (CSV), and one page that lists them by verdict.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, Result, anyhow};
use hikeshi_document::{Format, FullListCsv, render as render_report};
use hikeshi_domain::endpoint::BlockMode;
use hikeshi_domain::flash_report::{AlertPart, FlashReport, Target};
use hikeshi_domain::phrase::{Language, Phrase};
use hikeshi_domain::phrases::render;
use hikeshi_domain::tlp::Tlp;
use hikeshi_triage::full_list::rows;
use hikeshi_triage::{advise, limits};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::Case;

/// A flash report is due about two hours after receipt (S3-31).
const DUE: SignedDuration = SignedDuration::from_hours(2);
const FORMATS: [(Format, &str); 3] = [(Format::Pdf, "pdf"), (Format::Html, "html"), (Format::Json, "json")];
/// Ending of the full list.
const LIST: &str = "csv";

/// Writes everything into the folder, which is made if it is not there.
pub(super) fn write(folder: &Path, cases: &[Case], language: Language, received: Option<Timestamp>, now: Timestamp) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    let names: Vec<String> = cases.iter().enumerate().map(|(at, case)| file_name(at + 1, case)).collect();
    let next = AtomicUsize::new(0);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let work = || -> Result<()> {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let (Some(case), Some(name)) = (cases.get(at), names.get(at)) else { return Ok(()) };
            let report = report(at + 1, case, received, now);
            for (format, ending) in FORMATS {
                let path = folder.join(format!("{name}.{ending}"));
                let bytes = render_report(&report, language, format).with_context(|| format!("cannot write `{}`", path.display()))?;
                fs::write(&path, bytes).with_context(|| format!("cannot write `{}`", path.display()))?;
            }
            let path = folder.join(format!("{name}.{LIST}"));
            list(&path, case, &report, language).with_context(|| format!("cannot write `{}`", path.display()))?;
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(|_| Err(anyhow!("a report could not be written"))))
    })?;
    let page = folder.join("index.html");
    fs::write(&page, index(cases, &names, language, now)).with_context(|| format!("cannot write `{}`", page.display()))
}

/// Every row of the sections, where the report shows the most relevant ones.
fn list(path: &Path, case: &Case, report: &FlashReport, language: Language) -> Result<()> {
    let Some(packed) = &case.list else { return Ok(()) };
    let out = BufWriter::new(File::create(path)?);
    let mut csv = FullListCsv::begin(out, &case.triage, &report.time_zone, language)?;
    for listed in rows(&packed.bytes)? {
        let listed = listed?;
        csv.row(listed.section, &listed.row)?;
    }
    Ok(csv.end(packed.total - packed.rows)?)
}

fn report(number: usize, case: &Case, received: Option<Timestamp>, now: Timestamp) -> FlashReport {
    let received_at = |detected_at: Timestamp| received.unwrap_or(detected_at);
    let due_at =
        case.alert.as_ref().filter(|_| received.is_some()).map(|alert| received_at(alert.detected_at).saturating_add(DUE).unwrap_or(now));
    FlashReport {
        id: None,
        reference: format!("FR-{}-{number:04}", now.strftime("%Y%m%d")),
        version: 1,
        tlp: Tlp::default(),
        organization: String::new(),
        drill: false,
        alert: case.alert.as_ref().map(|alert| AlertPart { id: None, raised: alert.clone(), received_at: received_at(alert.detected_at) }),
        case: None,
        issued_at: now,
        due_at,
        target: due_at.map_or(Target::None, |due| if now <= due { Target::Met } else { Target::Missed }),
        time_zone: TimeZone::system().iana_name().unwrap_or("UTC").to_owned(),
        block_mode: BlockMode::Unknown,
        advice: advise(&case.triage, case.alert.as_ref(), BlockMode::Unknown),
        limits: [limits(&case.triage), case.clocks.clone()].concat(),
        triage: case.triage.clone(),
    }
}

/// `001-black-PC-1-evil.exe`: letters that every file system takes.
fn file_name(number: usize, case: &Case) -> String {
    let subject = case.triage.subject.image.as_deref().or(case.triage.subject.channel.as_deref()).unwrap_or("subject");
    let subject = subject.rsplit(['\\', '/']).next().unwrap_or(subject);
    let safe = |text: &str| {
        text.chars().map(|sign| if sign.is_alphanumeric() || ".-_".contains(sign) { sign } else { '_' }).take(40).collect::<String>()
    };
    format!("{number:03}-{}-{}-{}", case.triage.judgement.verdict, safe(&case.triage.host), safe(subject))
}

fn index(cases: &[Case], names: &[String], language: Language, now: Timestamp) -> String {
    let said = |key: &str| escape(&render(&Phrase::new(key), language));
    let mut rows = String::new();
    for (case, name) in cases.iter().zip(names) {
        let triage = &case.triage;
        let verdict = triage.judgement.verdict;
        let word = escape(&render(&Phrase::new(format!("verdict.{verdict}")), language));
        let subject = triage.subject.image.as_deref().or(triage.subject.channel.as_deref()).unwrap_or("?");
        let reasons: Vec<String> = triage
            .findings
            .iter()
            .take(3)
            .map(|finding| format!("<li>{:+} {}</li>", finding.points, escape(&render(&finding.reason, language))))
            .collect();
        let endings = FORMATS.iter().map(|(_, ending)| *ending).chain([LIST]);
        let links: Vec<String> = endings.map(|ending| format!("<a href=\"{name}.{ending}\">{}</a>", ending.to_uppercase())).collect();
        let _ = writeln!(
            rows,
            "<tr><td><span class=\"{verdict}\">{word}</span></td><td class=\"n\">{:+}</td><td>{}</td><td>{}</td><td><code>{}</code><ul>{}</ul></td><td>{}</td></tr>",
            triage.judgement.score,
            triage.window.detected_at.strftime(TIME),
            escape(&triage.host),
            escape(subject),
            reasons.concat(),
            links.join(" "),
        );
    }
    let language_tag = if language == Language::Ja { "ja" } else { "en" };
    let heads: String = ["verdict", "score", "time", "host", "subject", "reports"]
        .iter()
        .map(|head| format!("<th>{}</th>", said(&format!("triage_index.{head}"))))
        .collect();
    format!(
        "<!doctype html><html lang=\"{language_tag}\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style>{STYLE}</style><h1>{title}</h1><p>{now}</p><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></html>\n",
        title = said("triage_index.title"),
        now = now.strftime(TIME),
    )
}

const TIME: &str = "%Y-%m-%d %H:%M:%S UTC";
const STYLE: &str = "body{font:14px/1.6 'Noto Sans JP',Inter,sans-serif;margin:2rem;color:#1a1a1a;background:#fff}table{border-collapse:collapse;width:100%}\
    th,td{text-align:left;vertical-align:top;padding:.5rem .75rem;border-top:1px solid #ddd}code,li{overflow-wrap:anywhere}ul{margin:.25rem 0 0;padding-left:1.2rem;color:#444}\
    .n{font-variant-numeric:tabular-nums;text-align:right}span{padding:.1rem .6rem;border-radius:.3rem;border:1px solid #111;white-space:nowrap}\
    .black{background:#111;color:#fff}.grey{background:#767676;color:#fff;border-color:#767676}.white{background:#fff;color:#111}\
    @media(prefers-color-scheme:dark){body{background:#161616;color:#eee}th,td{border-color:#444}ul{color:#bbb}a{color:#8ab4f8}}";

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
