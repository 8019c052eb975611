//! The wall around memory and processor.

use rustix::process::{Resource, Rlimit, setrlimit};

/// What a worker may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Memory beyond what the program itself takes.
    pub memory_bytes: u64,
    /// Processor time, over all threads.
    pub cpu_seconds: u64,
}

/// Memory of one worker.
const MEMORY_BYTES: u64 = 512 << 20;
/// Processor time that any file gets, and for each MiB of it on disk.
const CPU_SECONDS: u64 = 10;
const CPU_SECONDS_PER_MIB: u64 = 10;
/// No file gets more.
const MOST_CPU_SECONDS: u64 = 3600;

impl Budget {
    /// The budget for a file of this size.
    pub fn of(size_bytes: u64) -> Budget {
        let cpu_seconds = CPU_SECONDS + (size_bytes >> 20).saturating_mul(CPU_SECONDS_PER_MIB);
        Budget { memory_bytes: MEMORY_BYTES, cpu_seconds: cpu_seconds.min(MOST_CPU_SECONDS) }
    }
}

/// Descriptors that a worker has: the file, the pipe, the error stream.
const DESCRIPTORS: u64 = 3;

pub(crate) fn limit(budget: &Budget, program_bytes: Option<u64>) -> Result<(), String> {
    let program = program_bytes.ok_or("the program's own size is not known")?;
    let limits = [
        (Resource::As, program.saturating_add(budget.memory_bytes), 0),
        (Resource::Data, budget.memory_bytes, 0),
        // The signal at the first limit names the reason; the second is for a program that does not heed it.
        (Resource::Cpu, budget.cpu_seconds, 2),
        (Resource::Core, 0, 0),
        (Resource::Nofile, DESCRIPTORS, 0),
    ];
    for (resource, limit, grace) in limits {
        let limit = Rlimit { current: Some(limit), maximum: Some(limit.saturating_add(grace)) };
        setrlimit(resource, limit).map_err(|error| format!("{resource:?}: {error}"))?;
    }
    Ok(())
}

/// Address space that the program takes before it reads anything: its code is no use of memory.
pub(crate) fn program_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}
