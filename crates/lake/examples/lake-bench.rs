//! Measures the lake: `lake-bench ingest DIR EVENTS DAYS HOSTS`, `lake-bench files DIR PATH`, `lake-bench read DIR HOSTS`.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hikeshi_domain::OrganizationId;
use hikeshi_event::{Limits, Record, Work, expand, process};
use hikeshi_lake::catalogue::OrgScope;
use hikeshi_lake::{AppendError, Batch, Encoding, Lake, LakeConfig};
use hikeshi_record::{Settings, Store};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

const ORG: OrganizationId = OrganizationId(Uuid::from_u128(1));
const BATCH: u64 = 1000;

type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Outcome {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["ingest", folder, events, days, hosts] => ingest(Path::new(folder), events.parse()?, days.parse()?, hosts.parse()?).await,
        ["files", folder, path] => files(Path::new(folder), path).await,
        ["read", folder, hosts] => read(Path::new(folder), hosts.parse()?).await,
        _ => Err("usage: lake-bench ingest DIR EVENTS DAYS HOSTS | files DIR PATH | read DIR HOSTS".into()),
    }
}

async fn open(folder: &Path) -> Result<Lake, Box<dyn std::error::Error + Send + Sync>> {
    let store = Store::open(Settings::embedded(folder.join("record"))).await?;
    Ok(Lake::open(&folder.join("lake"), Arc::new(store.catalogue()), LakeConfig::default(), None).await?)
}

/// Small, quick and repeatable random numbers.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }
}

/// One flattened Sysmon event of about 424 bytes: the number of distinct values a field is of the order of recorded logs.
fn event(out: &mut Vec<u8>, number: u64, random: &mut Random, start: Timestamp, step_us: i64, hosts: u64) -> std::io::Result<()> {
    let host = random.below(hosts);
    let time = start.checked_add(SignedDuration::from_micros(step_us * i64::try_from(number).unwrap_or(0))).unwrap_or(start);
    let time = time.strftime("%Y-%m-%d %H:%M:%S%.3f");
    let (pid, program) = (random.below(20_000) * 4, random.below(120) * random.below(12) / 8);
    let guid = format!("{{{host:08X}-{:04X}-{:04X}-{:04X}-{:012X}}}", pid & 0xffff, number >> 34, (number >> 18) & 0xffff, program);
    let head = format!(
        "{{\"Channel\":\"Microsoft-Windows-Sysmon/Operational\",\"Computer\":\"pc-{host:05}.example.co.jp\",\"EventRecordID\":{number},\
         \"UtcTime\":\"{time}\",\"ProcessGuid\":\"{guid}\",\"ProcessId\":{pid},\"Image\":\"C:\\\\Program Files\\\\App{program}\\\\app{program}.exe\","
    );
    out.write_all(head.as_bytes())?;
    match random.below(10) {
        0..=1 => write!(
            out,
            "\"EventID\":1,\"CommandLine\":\"\\\"C:\\\\Program Files\\\\App{program}\\\\app{program}.exe\\\" --job {}\",\"User\":\"EXAMPLE\\\\user{host}\",\"Hashes\":\"SHA256={:064X}\",\"ParentProcessId\":{}}}",
            random.below(5000),
            u128::from(program) * 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c834,
            random.below(20_000) * 4
        )?,
        2..=4 => write!(
            out,
            "\"EventID\":3,\"User\":\"EXAMPLE\\\\user{host}\",\"Protocol\":\"tcp\",\"Initiated\":\"true\",\"SourceIp\":\"10.{}.{}.7\",\"SourcePort\":{},\"DestinationIp\":\"203.0.113.{}\",\"DestinationPort\":443}}",
            host / 256,
            host % 256,
            49_152 + random.below(16_000),
            random.below(250)
        )?,
        5..=6 => write!(
            out,
            "\"EventID\":11,\"User\":\"EXAMPLE\\\\user{host}\",\"TargetFilename\":\"C:\\\\Users\\\\user{host}\\\\AppData\\\\Local\\\\App{program}\\\\cache\\\\{}.tmp\",\"CreationUtcTime\":\"{time}\"}}",
            random.below(100_000)
        )?,
        7..=8 => write!(
            out,
            "\"EventID\":13,\"EventType\":\"SetValue\",\"User\":\"EXAMPLE\\\\user{host}\",\"TargetObject\":\"HKU\\\\S-1-5-21-1-2-3-{host}\\\\Software\\\\App{program}\\\\Setting{}\",\"Details\":\"DWORD (0x{:08x})\"}}",
            random.below(300),
            random.below(1000)
        )?,
        _ => write!(
            out,
            "\"EventID\":22,\"User\":\"EXAMPLE\\\\user{host}\",\"QueryName\":\"srv{}.example.com\",\"QueryStatus\":\"0\",\"QueryResults\":\"203.0.113.{};\"}}",
            random.below(3000),
            random.below(250)
        )?,
    }
    out.push(b'\n');
    Ok(())
}

async fn ingest(folder: &Path, events: u64, days: i64, hosts: u64) -> Outcome {
    let lake = Arc::new(open(folder).await?);
    let start = Timestamp::now().checked_sub(SignedDuration::from_hours(24 * days))?;
    let step_us = (days * 86_400_000_000 / i64::try_from(events)?).max(1);
    // Batches are made outside of the measured time, as a forwarder would on another machine.
    let made = Instant::now();
    let mut bytes = 0;
    let mut random = Random(88_172_645_463_325_252);
    let mut bodies = Vec::new();
    for first in (0..events).step_by(usize::try_from(BATCH)?) {
        let mut body = Vec::with_capacity(460 * 1000);
        for number in first..(first + BATCH).min(events) {
            event(&mut body, number, &mut random, start, step_us, hosts)?;
        }
        bytes += body.len() as u64;
        bodies.push(bytes::Bytes::from(zstd::encode_all(body.as_slice(), 1)?));
    }
    println!("made {events} events, {} bytes each, in {:.1} s", bytes / events, made.elapsed().as_secs_f64());

    let begun = Instant::now();
    let cpu = cpu_seconds();
    let next = Arc::new(AtomicU64::new(0));
    let bodies = Arc::new(bodies);
    let mut senders = Vec::new();
    for _ in 0..8 {
        let (lake, next, bodies) = (lake.clone(), next.clone(), bodies.clone());
        senders.push(tokio::spawn(async move { send(&lake, &next, &bodies).await }));
    }
    let mut waits = Vec::new();
    for sender in senders {
        waits.extend(sender.await??);
    }
    let acknowledged = begun.elapsed();
    lake.flush().await;
    let whole = begun.elapsed();
    waits.sort();
    let p99 = waits.get(waits.len() * 99 / 100).copied().unwrap_or_default();
    let rate = |took: Duration| events as f64 / took.as_secs_f64();
    println!("acknowledged: {:.0} events/s, ack p99 {:.1} ms", rate(acknowledged), p99.as_secs_f64() * 1e3);
    println!("in segments: {:.0} events/s, {:.1} s, {:.1} s of CPU", rate(whole), whole.as_secs_f64(), cpu_seconds() - cpu);
    report_disk(&lake, folder, bytes);
    Ok(())
}

async fn send(lake: &Lake, next: &AtomicU64, bodies: &[bytes::Bytes]) -> Result<Vec<Duration>, AppendError> {
    let mut waits = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let Some(body) = usize::try_from(number).ok().and_then(|number| bodies.get(number)) else { return Ok(waits) };
        let batch = Batch {
            org: ORG,
            source: "bench".into(),
            idempotency_key: Some(number.to_string()),
            received_at: Timestamp::now(),
            encoding: Encoding::Zstd,
            body: body.clone(),
        };
        let asked = Instant::now();
        while let Err(error) = lake.append(batch.clone()).await {
            match error {
                AppendError::Busy { .. } => tokio::time::sleep(Duration::from_millis(50)).await,
                error => return Err(error),
            }
        }
        waits.push(asked.elapsed());
    }
}

struct Lines;

impl Work for Lines {
    type Scratch = ();
    type Out = Vec<u8>;

    fn scratch(&self) -> Self::Scratch {}

    fn see(&self, (): &mut (), _: &str, record: &Record<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(&record.raw);
        out.push(b'\n');
    }
}

async fn files(folder: &Path, path: &str) -> Outcome {
    let lake = open(folder).await?;
    let (inputs, _) = expand(&[path.to_owned()]);
    let mut blocks = Vec::new();
    process(&inputs, &Limits::default(), 2, &Lines, |block| {
        blocks.push(block.out);
        std::ops::ControlFlow::Continue(())
    });
    let bytes = blocks.iter().map(|block| block.len() as u64).sum();
    let begun = Instant::now();
    for body in blocks {
        let batch = Batch {
            org: ORG,
            source: "files".into(),
            idempotency_key: None,
            received_at: Timestamp::now(),
            encoding: Encoding::Plain,
            body: body.into(),
        };
        lake.append(batch).await?;
    }
    lake.flush().await;
    println!("{:?} in {:.1} s", lake.lag().totals, begun.elapsed().as_secs_f64());
    settle(&lake).await;
    report_disk(&lake, folder, bytes);
    Ok(())
}

/// Waits until nothing more is merged.
async fn settle(lake: &Lake) {
    let mut merged = lake.lag().totals.merged;
    loop {
        tokio::time::sleep(Duration::from_secs(3)).await;
        let now = lake.lag().totals.merged;
        if now == merged {
            return;
        }
        merged = now;
    }
}

fn report_disk(lake: &Lake, folder: &Path, original_bytes: u64) {
    let bytes = folder_bytes(&folder.join("lake/events"));
    let share = 100.0 * bytes as f64 / original_bytes as f64;
    println!("disk: {bytes} bytes, {share:.2} % of {original_bytes} bytes of NDJSON; {:?}", lake.lag().totals);
}

fn folder_bytes(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let size = |entry: std::fs::DirEntry| {
        if entry.path().is_dir() { folder_bytes(&entry.path()) } else { entry.metadata().map_or(0, |data| data.len()) }
    };
    entries.map(size).sum()
}

async fn read(folder: &Path, hosts: u64) -> Outcome {
    let opened = Instant::now();
    let lake = open(folder).await?;
    println!("opened in {:.0} ms", opened.elapsed().as_secs_f64() * 1e3);
    settle(&lake).await;
    let now = Timestamp::now();
    let week = now.checked_sub(SignedDuration::from_hours(24 * 7))?;
    let mut random = Random(42);
    let mut times = Vec::new();
    let mut rows = 0;
    drop(lake);
    for _ in 0..40 {
        let lake = cold(folder).await?;
        let host = format!("pc-{:05}.example.co.jp", random.below(hosts));
        let asked = Instant::now();
        rows += lake.host_window(ORG, &host, week..now, now, 1_000_000).await?.events.len();
        times.push(asked.elapsed());
    }
    times.sort();
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default().as_secs_f64() * 1e3;
    println!("host, 7 days, cold: p50 {:.0} ms, p95 {:.0} ms, {} events each", at(50), at(95), rows / times.len());
    let present = format!("{:064x}", 77_u128 * 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c834);
    for (what, hash) in [("present", present), ("absent", "ab".repeat(32))] {
        for warmth in ["cold", "warm"] {
            let lake = cold(folder).await?;
            if warmth == "warm" {
                lake.find_hash(&OrgScope::All, &hash, 100).await?;
            }
            let asked = Instant::now();
            let hits = lake.find_hash(&OrgScope::All, &hash, 100).await?;
            println!(
                "hash {what}, {warmth}: {:.0} ms, {} events, more: {}",
                asked.elapsed().as_secs_f64() * 1e3,
                hits.events.len(),
                hits.more
            );
        }
    }
    Ok(())
}

/// A lake that nobody has read from, with nothing of it in the file cache (where the process may empty it).
async fn cold(folder: &Path) -> Result<Lake, Box<dyn std::error::Error + Send + Sync>> {
    let lake = open(folder).await?;
    if std::fs::write("/proc/sys/vm/drop_caches", "3").is_err() {
        println!("the file cache is warm: dropping it needs root");
    }
    Ok(lake)
}

fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}
