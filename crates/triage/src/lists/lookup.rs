//! The entries of one list, sorted for looking up: 36 bytes for a SHA-256, however long the line was that brought it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::filter::Key;
use super::value::{Value, bytes, mapped, mask};

/// Most different labels that one list keeps; entries beyond go without.
const MOST_LABELS: usize = 65_536;
const LONGEST_LABEL: usize = 80;
/// Longest name that is looked up, in bytes: no list holds a longer one, and each of its parts would be.
const LONGEST_ASKED: usize = 1_024;
/// What an allocation takes beside its bytes, about.
const ALLOCATION_BYTES: usize = 16;

/// Place of a label, counted from 1; 0 is none.
type Label = u32;

/// The entries of one list. Never changes once it is made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Indicators {
    md5: Vec<([u8; 16], Label)>,
    sha1: Vec<([u8; 20], Label)>,
    sha256: Vec<([u8; 32], Label)>,
    /// Name, label, whether everything below counts too.
    names: Vec<(Box<str>, Label, bool)>,
    /// Length, then network.
    networks: Vec<((u8, u128), Label)>,
    /// Lengths that stand in `networks`.
    lengths: Vec<u8>,
    labels: Vec<Box<str>>,
}

/// A hash, name or address as an event writes it, made ready once to be looked up in any number of lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked<'a> {
    Md5([u8; 16]),
    Sha1([u8; 20]),
    Sha256([u8; 32]),
    /// IPv4 mapped into IPv6.
    Address(u128),
    /// In lower case.
    Domain(Cow<'a, str>),
}

impl<'a> Asked<'a> {
    /// Of a hash in hexadecimal digits.
    pub(super) fn hash(text: &'a str) -> Option<Self> {
        match text.len() {
            32 => bytes(text).map(Asked::Md5),
            40 => bytes(text).map(Asked::Sha1),
            64 => bytes(text).map(Asked::Sha256),
            _ => None,
        }
    }

    /// Of a domain name or an address.
    pub(super) fn name(text: &'a str) -> Option<Self> {
        let name = text.trim().trim_end_matches('.');
        if name.is_empty() || name.len() > LONGEST_ASKED {
            return None;
        }
        // What has another letter in it is no address.
        let like_address = name.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'.' || byte == b':');
        if let Some(address) = like_address.then(|| name.parse::<IpAddr>().ok()).flatten() {
            return Some(Asked::Address(mapped(address)));
        }
        let lower = name.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
        Some(Asked::Domain(if lower { Cow::Borrowed(name) } else { Cow::Owned(name.to_lowercase()) }))
    }
}

/// Gathers entries.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    gathered: Indicators,
    labels: HashMap<Box<str>, Label>,
}

impl Gathering {
    /// One entry more, with what the list calls it.
    pub(super) fn add(&mut self, value: Value, label: &str) {
        let label = self.label(label);
        match value {
            Value::Md5(hash) => self.gathered.md5.push((hash, label)),
            Value::Sha1(hash) => self.gathered.sha1.push((hash, label)),
            Value::Sha256(hash) => self.gathered.sha256.push((hash, label)),
            Value::Name { name, below } => self.gathered.names.push((name.into(), label, below)),
            Value::Network { network, length } => self.gathered.networks.push(((length, network), label)),
        }
    }

    /// How many there are, repeats included.
    pub(super) fn count(&self) -> usize {
        self.gathered.hashes() + self.gathered.names()
    }

    /// The entries, each once. Of repeats the first label stays.
    pub(super) fn finish(self) -> Indicators {
        let mut made = self.gathered;
        once(&mut made.md5);
        once(&mut made.sha1);
        once(&mut made.sha256);
        once(&mut made.networks);
        // Of the same name the entry that counts for more comes first.
        made.names.sort_by(|a, b| a.0.cmp(&b.0).then(b.2.cmp(&a.2)));
        made.names.dedup_by(|later, first| later.0 == first.0);
        made.names.shrink_to_fit();
        made.lengths = made.networks.iter().map(|((length, _), _)| *length).collect();
        made.lengths.dedup();
        made
    }

    fn label(&mut self, text: &str) -> Label {
        let text: String = text.trim().chars().filter(|letter| !letter.is_control()).take(LONGEST_LABEL).collect();
        if text.is_empty() {
            return 0;
        }
        if let Some(label) = self.labels.get(text.as_str()) {
            return *label;
        }
        if self.gathered.labels.len() >= MOST_LABELS {
            return 0;
        }
        let text: Box<str> = text.into();
        self.gathered.labels.push(text.clone());
        let label = Label::try_from(self.gathered.labels.len()).unwrap_or(0);
        self.labels.insert(text, label);
        label
    }
}

fn once<K: Ord>(keys: &mut Vec<(K, Label)>) {
    keys.sort_by(|a, b| a.0.cmp(&b.0));
    keys.dedup_by(|later, first| later.0 == first.0);
    keys.shrink_to_fit();
}

impl Indicators {
    /// How many hashes there are.
    pub fn hashes(&self) -> usize {
        self.md5.len() + self.sha1.len() + self.sha256.len()
    }

    /// How many domains, addresses and networks there are.
    pub fn names(&self) -> usize {
        self.names.len() + self.networks.len()
    }

    /// Memory in use, in bytes: what the allocator rounds up is counted by guess.
    pub fn size_bytes(&self) -> usize {
        let fixed = size_of_val(&*self.md5) + size_of_val(&*self.sha1) + size_of_val(&*self.sha256) + size_of_val(&*self.networks);
        let names: usize = self.names.iter().map(|entry| size_of_val(entry) + entry.0.len() + ALLOCATION_BYTES).sum();
        let labels: usize = self.labels.iter().map(|label| size_of_val(label) + label.len() + ALLOCATION_BYTES).sum();
        fixed + names + labels
    }

    /// Whether the list knows it, and what it calls it.
    pub(super) fn known(&self, asked: &Asked<'_>) -> Option<Option<&str>> {
        let label = match asked {
            Asked::Md5(hash) => known(&self.md5, hash),
            Asked::Sha1(hash) => known(&self.sha1, hash),
            Asked::Sha256(hash) => known(&self.sha256, hash),
            Asked::Address(address) => self.network(*address),
            Asked::Domain(name) => self.domain(name),
        }?;
        Some(self.shown(label))
    }

    /// Every text by which an event may name an entry, in lower case; `None` where that cannot be told: networks, IPv6, names with
    /// everything below, names beyond ASCII, whose capitals the lake's index does not fold.
    pub fn spellings(&self) -> Option<impl Iterator<Item = String>> {
        let v4 = |(length, network): &(u8, u128)| (*length == 128).then(|| Ipv6Addr::from_bits(*network).to_ipv4_mapped()).flatten();
        if self.names.iter().any(|(name, _, below)| *below || !name.is_ascii())
            || self.networks.iter().any(|(network, _)| v4(network).is_none())
        {
            return None;
        }
        let hashes = self.md5.iter().map(|(hash, _)| hex(hash)).chain(self.sha1.iter().map(|(hash, _)| hex(hash)));
        let hashes = hashes.chain(self.sha256.iter().map(|(hash, _)| hex(hash)));
        let names = self.names.iter().flat_map(|(name, ..)| [name.to_string(), format!("{name}."), format!("{name}..")]);
        let addresses = self.networks.iter().filter_map(move |(network, _)| v4(network));
        Some(hashes.chain(names).chain(addresses.flat_map(address_spellings)))
    }

    /// Whether the list knows the hash (hexadecimal).
    pub fn knows_hash(&self, hash: &str) -> bool {
        Asked::hash(hash).is_some_and(|asked| self.known(&asked).is_some())
    }

    /// What a filter keeps of the entries.
    pub(super) fn keys(&self) -> impl Iterator<Item = Key<'_>> {
        let hashes = self.md5.iter().map(|(hash, _)| Key::Md5(hash)).chain(self.sha1.iter().map(|(hash, _)| Key::Sha1(hash)));
        let hashes = hashes.chain(self.sha256.iter().map(|(hash, _)| Key::Sha256(hash)));
        let networks = self.networks.iter().map(|((length, network), _)| Key::Network(*length, *network));
        let names = self.names.iter().flat_map(|(name, _, below)| [Some(Key::Name(name)), below.then_some(Key::Below(name))]);
        hashes.chain(networks).chain(names.flatten())
    }

    fn network(&self, address: u128) -> Option<Label> {
        self.lengths.iter().find_map(|length| known(&self.networks, &(*length, mask(address, *length))))
    }

    fn domain(&self, name: &str) -> Option<Label> {
        if self.names.is_empty() {
            return None;
        }
        let listed = |name: &str| {
            let place = self.names.binary_search_by(|(listed, ..)| (**listed).cmp(name)).ok()?;
            self.names.get(place)
        };
        let itself = listed(name).map(|(_, label, _)| *label);
        itself.or_else(|| parents(name).filter_map(listed).find(|(_, _, below)| *below).map(|(_, label, _)| *label))
    }

    fn shown(&self, label: Label) -> Option<&str> {
        let place = usize::try_from(label).ok()?.checked_sub(1)?;
        self.labels.get(place).map(|label| &**label)
    }
}

/// An IPv4 address by itself, and within IPv6 short and in full, the last part with dots or in hexadecimal.
fn address_spellings(address: Ipv4Addr) -> [String; 7] {
    let [a, b, c, d] = address.octets();
    let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    [
        address.to_string(),
        format!("::ffff:{address}"),
        format!("::ffff:{high:x}:{low:x}"),
        format!("::ffff:{high:04x}:{low:04x}"),
        format!("0:0:0:0:0:ffff:{address}"),
        format!("0:0:0:0:0:ffff:{high:x}:{low:x}"),
        format!("0000:0000:0000:0000:0000:ffff:{high:04x}:{low:04x}"),
    ]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The names above a name.
pub(super) fn parents(name: &str) -> impl Iterator<Item = &str> {
    let above = |name: &str| name.find('.').map(|dot| dot + 1);
    std::iter::successors(above(name).and_then(|at| name.get(at..)), move |name| above(name).and_then(|at| name.get(at..)))
}

fn known<K: Ord>(keys: &[(K, Label)], key: &K) -> Option<Label> {
    let place = keys.binary_search_by(|(listed, _)| listed.cmp(key)).ok()?;
    keys.get(place).map(|(_, label)| *label)
}

#[cfg(test)]
mod tests {
    use super::super::value::value;
    use super::*;

    fn indicators(entries: &[(&str, &str)]) -> Indicators {
        let mut gathering = Gathering::default();
        for (text, label) in entries {
            gathering.add(value(text).unwrap(), label);
        }
        gathering.finish()
    }

    impl Indicators {
        fn name(&self, name: &str) -> Option<Option<&str>> {
            self.known(&Asked::name(name)?)
        }

        fn hash(&self, hash: &str) -> Option<Option<&str>> {
            self.known(&Asked::hash(hash)?)
        }
    }

    #[test]
    fn a_name_counts_alone_unless_the_list_says_everything_below() {
        let list = indicators(&[("evil.example", "Emotet"), ("*.bad.example", ""), ("10.1.0.0/16", "lab"), ("203.0.113.9", "c2")]);
        assert_eq!(list.name("Evil.Example."), Some(Some("Emotet")));
        assert_eq!(list.name("www.evil.example"), None, "a shared host would be accused with its guests");
        assert_eq!(list.name("bad.example"), Some(None));
        assert_eq!(list.name("a.b.bad.example"), Some(None));
        assert_eq!(list.name("notbad.example"), None);
        assert_eq!(list.name("example"), None);
        assert_eq!(list.name("10.1.255.3"), Some(Some("lab")));
        assert_eq!(list.name("10.2.0.1"), None);
        assert_eq!(list.name("::ffff:203.0.113.9"), Some(Some("c2")));
        assert_eq!(list.name(""), None);
        assert_eq!(list.name(&"bad.example.".repeat(1_000)), None);
        assert_eq!((list.hashes(), list.names()), (0, 4));
    }

    #[test]
    fn repeats_count_once_and_the_first_label_stays() {
        let (hash, other) = ("44d88612fea8a8f36de82e1278abb02f", "44d88612fea8a8f36de82e1278abb02e");
        let list = indicators(&[(hash, "first"), (hash, "second"), ("x.example", ""), (".x.example", "below")]);
        assert_eq!((list.hashes(), list.names()), (1, 1));
        assert_eq!(list.hash(&hash.to_uppercase()), Some(Some("first")));
        assert_eq!(list.hash(other), None);
        assert_eq!(list.hash("zz"), None);
        assert!(list.name("a.x.example").is_some());
    }
    #[test]
    fn entries_are_spelt_as_events_write_them() {
        let hash = "44d88612fea8a8f36de82e1278abb02f";
        let list = indicators(&[(&hash.to_uppercase(), ""), ("Evil.Example", ""), ("203.0.113.9", "")]);
        let spelt: Vec<String> = list.spellings().unwrap().collect();
        // However an event writes it, who finds it on the stream finds it in the past.
        for written in [
            "EVIL.example",
            "evil.example..",
            "203.0.113.9",
            "::FFFF:203.0.113.9",
            "::ffff:cb00:7109",
            "0:0:0:0:0:ffff:cb00:7109",
            "0:0:0:0:0:ffff:203.0.113.9",
            "0000:0000:0000:0000:0000:ffff:cb00:7109",
        ] {
            assert!(list.name(written).is_some(), "{written}");
            assert!(spelt.contains(&written.to_lowercase()), "{written}: {spelt:?}");
        }
        assert!(spelt.contains(&hash.to_owned()) && spelt.len() == 1 + 3 + 7, "{spelt:?}");
        for wide in ["*.evil.example", "203.0.113.0/24", "2001:db8::1", "bücher.example"] {
            assert!(indicators(&[(hash, ""), (wide, "")]).spellings().is_none(), "{wide}");
        }
    }

    #[test]
    fn memory_is_counted_by_what_the_entries_take() {
        let of = |text: &str| indicators(&[(text, "")]).size_bytes();
        assert_eq!(of(&"ab".repeat(32)), 36);
        assert_eq!(of(&"ab".repeat(16)), 20);
        assert!((50..80).contains(&of("evil.example")), "{}", of("evil.example"));
        assert!(indicators(&[("evil.example", "Emotet")]).size_bytes() > of("evil.example"));
    }
}
