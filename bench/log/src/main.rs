//! Measures the stream's log and fjall at the same three jobs; `bench/log/run` calls it and prints the ratios.
//!
//! `hikeshi-bench-log commit ENGINE DIR EVENTS BATCHES`: eight writers append so many batches of 1,000 lines of the file EVENTS, each
//! acknowledged after its sync. `fill ENGINE DIR EVENTS`: the same for ever, a line a batch that was acknowledged: to be killed.
//! `open ENGINE DIR`: opens what is there and reads all of it. ENGINE is own, fjall, fjall-blobs or fjall-events. Each prints one JSON line.

#[path = "../../../crates/lake/src/batch.rs"]
mod batch;
mod engine;
mod peer;
#[path = "../../../crates/lake/src/status.rs"]
#[expect(dead_code, reason = "the log needs only one of its types")]
mod status;
#[path = "../../../crates/lake/src/stream/mod.rs"]
#[expect(dead_code, unused_imports, unreachable_pub, reason = "the lake uses more of its stream than is measured")]
mod stream;

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;

use engine::{Engine, Fault, Own};

const WRITERS: usize = 8;
const BATCH_EVENTS: usize = 1000;

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Fault> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.get(1).copied() {
        Some("own") => run::<Own>(&arguments).await,
        Some("fjall" | "fjall-blobs" | "fjall-events") => run::<peer::Peer>(&arguments).await,
        _ => Err("the engine is own, fjall, fjall-blobs or fjall-events".into()),
    }
}

async fn run<E: Engine>(arguments: &[&str]) -> Result<(), Fault> {
    match arguments {
        ["commit", name, folder, events, batches] => commit::<E>(name, Path::new(folder), Path::new(events), batches.parse()?).await,
        ["fill", name, folder, events] => fill::<E>(name, Path::new(folder), Path::new(events)).await,
        ["open", name, folder] => open::<E>(name, Path::new(folder)),
        _ => Err("usage: commit ENGINE DIR EVENTS BATCHES | fill ENGINE DIR EVENTS | open ENGINE DIR".into()),
    }
}

async fn commit<E: Engine>(name: &str, folder: &Path, events: &Path, batches: u64) -> Result<(), Fault> {
    let engine = Arc::new(E::open(folder, name)?);
    let bodies = Arc::new(bodies(events)?);
    let (cpu, written, begun) = (cpu_seconds()?, written_bytes()?, Instant::now());
    let mut waits = append_all(&engine, &bodies, batches, |_| Ok(())).await?;
    let took = begun.elapsed();
    let mut settled = took;
    // A flush hands over to a compaction: only what stays quiet has ended.
    while begun.elapsed() < settled + Duration::from_millis(300) {
        if engine.is_busy() {
            settled = begun.elapsed();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let (cpu, written) = (cpu_seconds()? - cpu, written_bytes()? - written);
    waits.sort();
    let at = |share: usize| waits.get((waits.len() * share / 1000).min(waits.len() - 1)).copied().unwrap_or_default().as_secs_f64() * 1e3;
    let events = batches as f64 * BATCH_EVENTS as f64;
    println!(
        "{{\"events\":{events},\"seconds\":{:.3},\"settled_seconds\":{:.3},\"p50_ms\":{:.2},\"p99_ms\":{:.2},\"worst_ms\":{:.2},\"cpu_us\":{:.3},\"written\":{written}}}",
        took.as_secs_f64(),
        settled.as_secs_f64(),
        at(500),
        at(990),
        at(1000),
        cpu / events * 1e6
    );
    Ok(())
}

async fn fill<E: Engine>(name: &str, folder: &Path, events: &Path) -> Result<(), Fault> {
    let engine = Arc::new(E::open(folder, name)?);
    let bodies = Arc::new(bodies(events)?);
    append_all(&engine, &bodies, u64::MAX, |number| Ok(writeln!(std::io::stdout().lock(), "{number}")?)).await?;
    Ok(())
}

fn open<E: Engine>(name: &str, folder: &Path) -> Result<(), Fault> {
    let begun = Instant::now();
    let engine = E::open(folder, name)?;
    let (opened, open_cpu) = (begun.elapsed(), cpu_seconds()?);
    // What opening has read must not help the reading behind it; needs root, and says so in `run`.
    let _ = std::fs::write("/proc/sys/vm/drop_caches", "3");
    let (cpu, begun) = (cpu_seconds()?, Instant::now());
    let found = engine.replay()?;
    let replayed = begun.elapsed();
    println!(
        "{{\"open_seconds\":{:.3},\"open_cpu\":{open_cpu:.2},\"replay_seconds\":{:.3},\"replay_cpu\":{:.2},\"batches\":{},\"events\":{},\"bytes\":{}}}",
        opened.as_secs_f64(),
        replayed.as_secs_f64(),
        cpu_seconds()? - cpu,
        found.batches,
        found.events,
        found.bytes
    );
    Ok(())
}

/// Eight writers, each with one batch under way; how long each append waited.
async fn append_all<E: Engine>(
    engine: &Arc<E>,
    bodies: &Arc<Vec<Bytes>>,
    batches: u64,
    acknowledged: fn(u64) -> Result<(), Fault>,
) -> Result<Vec<Duration>, Fault> {
    let next = Arc::new(AtomicU64::new(0));
    let mut writers = Vec::new();
    for _ in 0..WRITERS {
        let (engine, bodies, next) = (engine.clone(), bodies.clone(), next.clone());
        writers.push(tokio::spawn(async move {
            let mut waits = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(body) = bodies.get(usize::try_from(number)? % bodies.len().max(1)).filter(|_| number < batches) else {
                    return Ok::<_, Fault>(waits);
                };
                let asked = Instant::now();
                engine.append(format!("batch-{number}"), body.clone()).await?;
                waits.push(asked.elapsed());
                acknowledged(number)?;
            }
        }));
    }
    let mut waits = Vec::new();
    for writer in writers {
        waits.extend(writer.await??);
    }
    Ok(waits)
}

/// The file's lines, a thousand a batch.
fn bodies(path: &Path) -> Result<Vec<Bytes>, Fault> {
    let text = Bytes::from(std::fs::read(path)?);
    let ends: Vec<usize> = memchr::memchr_iter(b'\n', &text).map(|end| end + 1).collect();
    let mut begin = 0;
    let cut = ends.iter().skip(BATCH_EVENTS - 1).step_by(BATCH_EVENTS).map(|end| {
        let body = text.slice(begin..*end);
        begin = *end;
        body
    });
    let bodies: Vec<Bytes> = cut.collect();
    if bodies.is_empty() { Err("fewer than 1,000 events in the file".into()) } else { Ok(bodies) }
}

/// CPU of this process so far, user and system.
fn cpu_seconds() -> Result<f64, Fault> {
    let text = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    Ok((ticks(11) + ticks(12)) / 100.0)
}

/// Bytes that this process has had written to storage so far.
fn written_bytes() -> Result<u64, Fault> {
    let text = std::fs::read_to_string("/proc/self/io")?;
    let line = text.lines().find_map(|line| line.strip_prefix("write_bytes: ")).ok_or("no write_bytes in /proc/self/io")?;
    Ok(line.parse()?)
}
