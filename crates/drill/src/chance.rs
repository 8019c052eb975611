//! Seeded chance: the same seed gives the same bytes on every machine and in every version, which no general library promises.

/// SplitMix64 (Steele, Lea, Flood 2014): small, fast, good enough for noise; not for secrets.
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Chance(seed)
    }

    /// A stream of its own for a named part of the drill.
    pub(crate) fn of(seed: u64, parts: &[u64]) -> Self {
        let mixed =
            parts.iter().fold(seed ^ 0x6869_6b65_7368_6921, |state, part| Chance(state ^ part.wrapping_mul(0x9e37_79b9_7f4a_7c15)).next());
        Chance(mixed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 if `end` is 0.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        let wide = u128::from(self.next()) * u128::from(end);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// 0 ≤ x < 1.
    pub(crate) fn share(&mut self) -> f64 {
        // 53 bits: every value is exact.
        let bits = self.next() >> 11;
        bits as f64 / 9_007_199_254_740_992.0
    }
}

/// A number from text, for streams that are named.
pub(crate) fn number_of(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// A choice by weight, made once and drawn from often.
#[derive(Debug, Clone)]
pub(crate) struct Weighted<T> {
    ends: Vec<(u64, T)>,
    total: u64,
}

impl<T: Copy> Weighted<T> {
    pub(crate) fn new(choices: impl IntoIterator<Item = (T, u64)>) -> Self {
        let mut total = 0;
        let ends = choices.into_iter().map(|(choice, weight)| {
            total += weight;
            (total, choice)
        });
        let ends: Vec<(u64, T)> = ends.collect();
        Weighted { ends, total }
    }

    pub(crate) fn draw(&self, chance: &mut Chance) -> Option<T> {
        let at = chance.below(self.total);
        self.ends.iter().find(|(end, _)| at < *end).map(|(_, choice)| *choice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_fixed_for_ever() {
        let mut chance = Chance::new(7);
        assert_eq!([chance.next(), chance.next()], [0x63cb_e1e4_5932_0dd7, 0x044c_3cd7_f43c_661c]);
        let mut counts = [0_u32; 3];
        let weighted = Weighted::new([(0_usize, 1), (1, 0), (2, 3)]);
        for _ in 0..4000 {
            counts[weighted.draw(&mut chance).unwrap()] += 1;
        }
        assert!(counts[1] == 0 && (900..1100).contains(&counts[0]), "{counts:?}");
    }
}
