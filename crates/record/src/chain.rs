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
