//! Faults: the real binary over HTTP, killed, without power, on disks that fail or are full. Each claim has a control in which its
//! guard is missing and the same judge must complain.
//!
//! Short in `make test`, long in `make trust` (`docs/trust.md`): `HIKESHI_TRUST_KILLS`, `HIKESHI_TRUST_POWER_LOSSES` and
//! `HIKESHI_TRUST_SYNCS` say how many rounds, `HIKESHI_TRUST_BINARY` names the binary.

mod disk;
mod full;
mod killed;
mod ledger;
mod power;
mod served;
mod syncs;
mod trace;
mod unguarded;

use std::time::{Duration, SystemTime};

/// A number that a variable of the environment may set.
fn rounds(variable: &str, short: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(short)
}

/// The longest that a start may take: the bar for the binary that is shipped; ours here is unoptimised and shares its machine.
fn longest_start() -> Duration {
    Duration::from_secs(if std::env::var_os("HIKESHI_TRUST_BINARY").is_some() { 5 } else { 30 })
}

/// Instants at random; the seed goes into what the test prints.
struct Dice(u64);

impl Dice {
    fn new() -> Dice {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        Dice(rounds("HIKESHI_TRUST_SEED", now.as_secs()))
    }

    /// A number below `limit` (splitmix64).
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn pause(&mut self, from_ms: u64, to_ms: u64) -> Duration {
        Duration::from_millis(from_ms + self.below(to_ms - from_ms))
    }
}
