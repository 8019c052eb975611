//! The chain of hashes through all versions, and the signed notes that pin it.
//!
//! A version's hash covers who, when, what and a salted commitment to reason and body, so that a chain can be shown without
//! showing what it is about, and one version can be opened without opening another. `docs/record.md` has the format byte by byte.

use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Hash of a link: SHA-256.
pub(crate) type Hash = [u8; 32];

/// What stands before the first link.
pub(crate) const GENESIS: Hash = [0; 32];

/// How the body of a version is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Plain,
    Sealed,
    Tombstone,
}

impl Form {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Form::Plain => "plain",
            Form::Sealed => "sealed",
            Form::Tombstone => "tombstone",
        }
    }

    pub(crate) fn by_name(name: &str) -> Option<Self> {
        [Form::Plain, Form::Sealed, Form::Tombstone].into_iter().find(|form| form.name() == name)
    }
}

/// What the hash of a version covers beside the hash before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) seq: u64,
    pub(crate) at: Timestamp,
    pub(crate) org: Option<Uuid>,
    pub(crate) kind: String,
    pub(crate) id: Uuid,
    pub(crate) version: u64,
    pub(crate) actor: String,
    pub(crate) action: String,
    pub(crate) request: String,
    pub(crate) form: Form,
    pub(crate) commitment: Hash,
}

impl Link {
    /// The hash of this link upon that one.
    pub(crate) fn hash(&self, previous: &Hash) -> Hash {
        let org = self.org.map(|org| org.as_bytes().to_vec()).unwrap_or_default();
        framed(
            b"hikeshi.record.link.1",
            &[
                previous,
                &self.seq.to_be_bytes(),
                &self.at.as_microsecond().to_be_bytes(),
                &org,
                self.kind.as_bytes(),
                self.id.as_bytes(),
                &self.version.to_be_bytes(),
                self.actor.as_bytes(),
                self.action.as_bytes(),
                self.request.as_bytes(),
                self.form.name().as_bytes(),
                &self.commitment,
            ],
        )
    }
}

/// The salted commitment to reason and body as they are stored (sealed ones as ciphertext).
pub(crate) fn commitment(salt: &[u8], reason: &[u8], body: &[u8]) -> Hash {
    framed(b"hikeshi.record.body.1", &[salt, reason, body])
}

/// SHA-256 over the parts, one after the other.
pub(crate) fn sha256(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize().into()
}

/// SHA-256 over a domain word and the parts, each after its length in eight bytes, big-endian.
fn framed(domain: &[u8], parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update((domain.len() as u64).to_be_bytes());
    hasher.update(domain);
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// A signed note: at this `seq` the chain had this hash. Kept outside, it holds the record to its past.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The installation.
    pub installation: Uuid,
    /// How many versions the note covers.
    pub seq: u64,
    /// Hash of the last of them, hexadecimal.
    pub hash: String,
    /// When it was signed.
    pub at: Timestamp,
    /// Ed25519 public key, hexadecimal.
    pub key: String,
    /// Ed25519 signature of the note's text, hexadecimal.
    pub signature: String,
}

impl Checkpoint {
    pub(crate) fn sign(key: &SigningKey, installation: Uuid, seq: u64, hash: &Hash, at: Timestamp) -> Self {
        let public = hex::encode(key.verifying_key().as_bytes());
        let note = Checkpoint { installation, seq, hash: hex::encode(hash), at, key: public, signature: String::new() };
        let signature = hex::encode(key.sign(note.text().as_bytes()).to_bytes());
        Checkpoint { signature, ..note }
    }

    /// The text that is signed.
    pub fn text(&self) -> String {
        format!("hikeshi.record.checkpoint.1\n{}\n{}\n{}\n{}\n", self.installation, self.seq, self.hash, self.at.as_microsecond())
    }

    /// Whether the signature is that of the key it names.
    pub fn is_genuine(&self) -> bool {
        let key = decoded::<32>(&self.key).and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
        let signature = decoded::<64>(&self.signature).map(|bytes| Signature::from_bytes(&bytes));
        key.zip(signature).is_some_and(|(key, signature)| key.verify(self.text().as_bytes(), &signature).is_ok())
    }
}

fn decoded<const N: usize>(text: &str) -> Option<[u8; N]> {
    hex::decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn link(seq: u64, words: [String; 3], commitment: Hash) -> Link {
        let [actor, action, request] = words;
        let at = Timestamp::from_second(1_800_000_000).unwrap();
        let (org, kind, id) = (None, "alert".to_owned(), Uuid::from_u128(1));
        Link { seq, at, org, kind, id, version: 1, actor, action, request, form: Form::Plain, commitment }
    }

    proptest! {
        #[test]
        fn letters_cannot_move_from_one_field_to_the_next(word in "[a-z]{2,20}", at in 1_usize..19, seq in 1_u64..1000) {
            let at = at.min(word.len() - 1);
            let whole = link(seq, [word.clone(), String::new(), "r".to_owned()], [1; 32]);
            let parted = link(seq, [word[..at].to_owned(), word[at..].to_owned(), "r".to_owned()], [1; 32]);
            prop_assert_ne!(whole.hash(&GENESIS), parted.hash(&GENESIS));
        }

        #[test]
        fn one_change_anywhere_changes_every_hash_after_it(words in proptest::collection::vec("[a-z]{1,8}", 2..20), place in 0_usize..20) {
            let place = place % words.len();
            let chain = |words: &[String]| {
                let links = (1..).zip(words).map(|(seq, word)| link(seq, [word.clone(), String::new(), String::new()], [7; 32]));
                links.scan(GENESIS, |hash, link| { *hash = link.hash(hash); Some(*hash) }).collect::<Vec<Hash>>()
            };
            let mut changed = words.clone();
            changed[place].push('x');
            let (before, after) = (chain(&words), chain(&changed));
            prop_assert_eq!(&before[..place], &after[..place]);
            prop_assert!(before[place..].iter().zip(&after[place..]).all(|(a, b)| a != b));
        }

        #[test]
        fn a_checkpoint_is_genuine_until_anything_in_it_changes(seq in 1_u64..1_000_000, seconds in 0_i64..4_000_000_000, key: [u8; 32]) {
            let at = Timestamp::from_second(seconds).unwrap();
            let note = Checkpoint::sign(&SigningKey::from_bytes(&key), Uuid::from_u128(5), seq, &[3; 32], at);
            prop_assert!(note.is_genuine());
            let other_key = hex::encode(SigningKey::from_bytes(&[9; 32]).verifying_key().as_bytes());
            let forged = [
                Checkpoint { seq: seq + 1, ..note.clone() },
                Checkpoint { hash: hex::encode([4; 32]), ..note.clone() },
                Checkpoint { installation: Uuid::from_u128(6), ..note.clone() },
                Checkpoint { key: other_key, ..note },
            ];
            prop_assert!(!forged.iter().any(Checkpoint::is_genuine));
        }
    }
}
