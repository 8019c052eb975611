//! Writes the sample reports and prints how long it took:
//! `cargo run --release -p hikeshi-document --example measure -- OUT [RUNS [REPORT]]`.

#[path = "../tests/fixture/mod.rs"]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "the samples of the tests: a wrong one must end the measurement")]
mod fixture;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use hikeshi_document::{Format, render, typeset};
use hikeshi_domain::phrase::Language;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let out = std::env::args().nth(1).map(PathBuf::from);
    let runs: usize = std::env::args().nth(2).map_or(Ok(7), |runs| runs.parse())?;
    let only = std::env::args().nth(3);
    let reports = [
        ("black", fixture::black()),
        ("grey", fixture::grey()),
        ("white", fixture::white()),
        ("poor", fixture::poor()),
        ("huge", fixture::huge()),
    ];
    println!("{:<8} {:<3} {:<5} {:>6} {:>9} {:>9} {:>9} {:>8}", "report", "in", "as", "pages", "first ms", "median", "worst", "KiB");
    for (name, report) in reports.iter().filter(|(name, _)| only.as_deref().is_none_or(|only| only == *name)) {
        for (language, word) in [(Language::Ja, "ja"), (Language::En, "en")] {
            let pages = typeset(report, language)?.pages();
            for format in Format::ALL {
                let bytes = render(report, language, format)?;
                let (first, median, worst) = timed(report, language, format, runs)?;
                println!(
                    "{name:<8} {word:<3} {format:<5} {pages:>6} {:>9.1} {:>9.1} {:>9.1} {:>8}",
                    ms(first),
                    ms(median),
                    ms(worst),
                    bytes.len() / 1024
                );
                if let Some(out) = &out {
                    std::fs::create_dir_all(out)?;
                    std::fs::write(out.join(format!("{name}-{word}.{format}")), bytes)?;
                }
            }
        }
    }
    println!("resident {} KiB", resident_kib().unwrap_or_default());
    Ok(())
}

/// First, median and worst of several runs, each on a report that differs a little, so that no run is answered from memory.
fn timed(
    report: &hikeshi_domain::flash_report::FlashReport,
    language: Language,
    format: Format,
    runs: usize,
) -> Result<(Duration, Duration, Duration), hikeshi_document::DocumentError> {
    let mut times = Vec::new();
    for run in 0..runs {
        let mut other = report.clone();
        other.reference = format!("{}-{run}", report.reference);
        other.triage.host = format!("{}-{run}", report.triage.host);
        for (number, item) in other.triage.sections.iter_mut().flat_map(|section| &mut section.items).enumerate() {
            item.details.push(("name".to_owned(), format!("run {run} row {number}")));
        }
        let started = Instant::now();
        render(&other, language, format)?;
        times.push(started.elapsed());
    }
    let first = times.first().copied().unwrap_or_default();
    times.sort_unstable();
    Ok((first, times.get(times.len() / 2).copied().unwrap_or_default(), times.last().copied().unwrap_or_default()))
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn resident_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse().ok())
}
