//! Names of events that stay the same however often the same record arrives.

use std::collections::HashMap;

use crate::event::{Event, Uid};

impl Uid {
    /// The uid of an event that is the first of its kind in its batch: 128 bits of BLAKE3 over organisation, source, channel,
    /// record id and original.
    pub fn of(event: &Event<'_>) -> Uid {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"hikeshi event 1\0");
        hasher.update(event.org.0.as_bytes());
        for text in [event.source.as_bytes(), event.channel.as_bytes()] {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text);
        }
        hasher.update(&event.record_id.map_or([0xff; 9], |id| {
            let mut bytes = [0; 9];
            bytes.iter_mut().zip(id.to_le_bytes()).for_each(|(to, from)| *to = from);
            bytes
        }));
        hasher.update(&event.raw);
        first_half(&hasher)
    }
}

fn first_half(hasher: &blake3::Hasher) -> Uid {
    let mut uid = [0; 16];
    hasher.finalize_xof().fill(&mut uid);
    Uid(uid)
}

/// Tells equal records of one batch apart, in their order: the first keeps [`Uid::of`], each repeat takes a number into its
/// hash. The same batch in the same order gives the same uids.
#[derive(Debug, Default)]
pub struct UidAssigner {
    seen: HashMap<Uid, u32>,
}

impl UidAssigner {
    /// An assigner for one batch: a file, or the body of a request.
    pub fn new() -> Self {
        UidAssigner::default()
    }

    /// The uid of the next event of the batch, whose [`Uid::of`] is given.
    pub fn assign(&mut self, uid: Uid) -> Uid {
        let repeats = self.seen.entry(uid).or_insert(0);
        let number = *repeats;
        *repeats += 1;
        if number == 0 {
            return uid;
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"hikeshi repeat 1\0");
        hasher.update(&uid.0);
        hasher.update(&number.to_le_bytes());
        first_half(&hasher)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_differ_and_come_back_the_same() {
        let batch = [Uid([1; 16]), Uid([1; 16]), Uid([2; 16]), Uid([1; 16])];
        let run = || {
            let mut assigner = UidAssigner::new();
            batch.map(|uid| assigner.assign(uid))
        };
        let first = run();
        assert_eq!(first, run());
        assert_eq!(first[0], batch[0]);
        let distinct: std::collections::HashSet<_> = first.iter().collect();
        assert_eq!(distinct.len(), 4);
    }
}
