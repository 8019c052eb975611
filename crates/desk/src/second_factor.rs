//! The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for the day when the telephone is lost.

use hikeshi_access::Caller;
use hikeshi_domain::PersonId;
use hikeshi_domain::person::{Person, SecondFactor, TotpSecret};
use hikeshi_domain::phrase::Phrase;
use hikeshi_record::{Change, Stored};
use qrcode::QrCode;
use qrcode::render::svg;
use totp_rs::{Builder, Secret, Totp};

use crate::desk::Desk;
use crate::error::{Error, ErrorKind, Result};
use crate::person::{self, LEAVE};
use crate::{secret, session};

/// Bytes of the shared secret: RFC 4226, 4 recommends 160 bits.
const SECRET_BYTES: usize = 20;
/// Recovery codes that are handed out at once.
const RECOVERY_CODES: usize = 10;
/// Bytes of a recovery code: 80 bits, so that its plain hash cannot be turned back.
const RECOVERY_BYTES: usize = 10;
const ISSUER: &str = "Hikeshi";

/// What an authenticator app is told.
#[derive(Debug)]
pub struct Enrolment {
    /// The secret, base32, to be typed where nothing can be scanned.
    pub secret: String,
    /// The same as an address that apps open.
    pub uri: String,
    /// The same as a picture, SVG.
    pub picture: String,
}

/// Begins to set a second factor up: nothing is asked for until a code of it has been shown.
///
/// # Errors
/// `Invalid` where the caller has one, or no password yet.
pub async fn begin(desk: &Desk, caller: &Caller) -> Result<Enrolment> {
    let (context, id) = person::oneself(caller)?;
    let stored = desk.store.get::<Person>(&context, id.0).await?;
    if stored.second_factor.is_some() {
        return Err(Error::invalid("error.second_factor_set"));
    }
    if stored.password.is_none() {
        return Err(Error::invalid("error.password_first"));
    }
    let secret = TotpSecret(base32::<SECRET_BYTES>()?);
    let uri = app(&secret, Some(&stored.email))?.to_url().map_err(|error| Error::internal(error.to_string()))?;
    let code = QrCode::new(uri.as_bytes()).map_err(|error| Error::internal(error.to_string()))?;
    let picture = code.render::<svg::Color>().min_dimensions(220, 220).build();
    let enrolling = Person { enrolling: Some(secret.clone()), ..stored.entity.clone() };
    person::keep(desk, &context, Change::new("person.second_factor.begin", "").put(&enrolling, stored.expect()), &enrolling).await?;
    Ok(Enrolment { secret: secret.0, uri, picture })
}

/// Sets the second factor by a code of the app, and hands out recovery codes, once. Every other session ends: whoever had only the
/// password is out. `session` is the secret of the one that stays.
///
/// # Errors
/// `Unauthenticated` where the code is wrong, `Busy` after too many wrong ones, `Invalid` where nothing is being set up.
pub async fn confirm(desk: &Desk, caller: &Caller, session: Option<&str>, code: &str) -> Result<Vec<String>> {
    let (context, id) = person::oneself(caller)?;
    let stored = desk.store.get::<Person>(&context, id.0).await?;
    let secret = stored.enrolling.clone().ok_or_else(|| Error::invalid("error.second_factor_not_begun"))?;
    desk.passwords.try_code(id, desk.now())?;
    let last_step = step(desk, &secret, code)?.ok_or_else(wrong)?;
    desk.passwords.code_held(id);
    let codes = (0..RECOVERY_CODES).map(|_| recovery_code()).collect::<Result<Vec<_>>>()?;
    let recovery = codes.iter().map(|code| secret::hash(&plain(code))).collect();
    let factor = SecondFactor { secret, last_step, recovery, since: desk.now() };
    let changed = Person { second_factor: Some(factor), enrolling: None, ..stored.entity.clone() };
    let change = Change::new("person.second_factor.set", "").put(&changed, stored.expect());
    let change = session::ended_sessions(desk, &context, id, session, change).await?;
    person::keep(desk, &context, change, &changed).await?;
    desk.tell(LEAVE, id.0, None);
    Ok(codes)
}

/// Takes one's own second factor away, by a code of it.
///
/// # Errors
/// As [`confirm`].
pub async fn remove(desk: &Desk, caller: &Caller, code: &str) -> Result<Stored<Person>> {
    let (context, id) = person::oneself(caller)?;
    let stored = desk.store.get::<Person>(&context, id.0).await?;
    let factor = stored.second_factor.as_ref().ok_or_else(|| Error::invalid("error.second_factor_missing"))?;
    shown(desk, id, factor, code)?;
    let changed = Person { second_factor: None, ..stored.entity.clone() };
    person::keep(desk, &context, Change::new("person.second_factor.remove", "").put(&changed, stored.expect()), &changed).await
}

/// The second factor after a code of it has been shown: a code of the app counts once, a recovery code is used up.
///
/// # Errors
/// `Unauthenticated` where it is wrong, `Busy` after too many wrong ones.
pub(crate) fn shown(desk: &Desk, person: PersonId, factor: &SecondFactor, code: &str) -> Result<SecondFactor> {
    desk.passwords.try_code(person, desk.now())?;
    let mut used = factor.clone();
    match step(desk, &factor.secret, code)? {
        Some(step) if step > factor.last_step => used.last_step = step,
        _ => {
            let hash = secret::hash(&plain(code));
            used.recovery.retain(|known| *known != hash);
            if used.recovery.len() == factor.recovery.len() {
                return Err(wrong());
            }
        }
    }
    desk.passwords.code_held(person);
    Ok(used)
}

/// The code is wrong, or has been used.
pub(crate) fn wrong() -> Error {
    Error::new(ErrorKind::Unauthenticated, Phrase::new("error.wrong_code"))
}

/// The step of a code of the app, if it is one of now (one step earlier or later is let pass: RFC 6238, 5.2).
fn step(desk: &Desk, secret: &TotpSecret, code: &str) -> Result<Option<u64>> {
    let digits: String = code.chars().filter(|letter| !letter.is_whitespace()).collect();
    let now = u64::try_from(desk.now().as_second()).unwrap_or_default();
    Ok(app(secret, None)?.check(&digits, now))
}

fn app(secret: &TotpSecret, account: Option<&str>) -> Result<Totp> {
    let secret = Secret::try_from_base32(&secret.0).map_err(|error| Error::internal(error.to_string()))?;
    let mut builder = Builder::new().with_secret(secret).with_issuer(Some(ISSUER));
    if let Some(account) = account {
        builder = builder.with_account_name(account.replace(':', " "));
    }
    builder.build().map_err(|error| Error::internal(error.to_string()))
}

/// Four groups of four letters and digits that cannot be taken for one another.
fn recovery_code() -> Result<String> {
    let text = base32::<RECOVERY_BYTES>()?.to_lowercase();
    let letters: Vec<char> = text.chars().collect();
    Ok(letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
}

/// A recovery code as it is hashed: without what people type otherwise.
fn plain(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// So many random bytes, base32.
fn base32<const N: usize>() -> Result<String> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Error::internal(error.to_string()))?;
    Ok(Secret::new(Box::new(bytes)).to_base32())
}
