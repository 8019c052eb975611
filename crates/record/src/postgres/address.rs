//! The address of a database, as libpq names it (<https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-PARAMKEYWORDS>). How the
//! connection is encrypted and whom it trusts is taken out here, since the driver knows only half of it; all else is the driver's.
//!
//! Messages name options, never values of the address: one of them is a password.

use std::borrow::Cow;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

const MODE: &str = "sslmode";
const ROOTS: &str = "sslrootcert";
const CERTIFICATE: &str = "sslcert";
const KEY: &str = "sslkey";
/// The value of `sslrootcert` that means the authorities of the operating system.
const SYSTEM: &str = "system";
/// The TLS options that the driver knows.
const DRIVERS: &str = "sslnegotiation";

/// What an address says.
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) trust: Trust,
    /// What the server is shown, where it asks who we are.
    pub(super) identity: Option<Identity>,
}

/// A certificate of ours with what stands between it and its authority, and its key.
pub(super) struct Identity {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
}

/// Which server is the right one.
pub(super) enum Trust {
    /// Whoever answers: encryption keeps out listeners, not impostors.
    Anybody,
    /// One whose certificate an authority signed.
    Signed(Authorities),
    /// One whose certificate an authority signed for the name in the address.
    SignedForName(Authorities),
}

/// Who may sign the server's certificate.
pub(super) struct Authorities {
    /// As anchors of a chain.
    pub(super) anchors: RootCertStore,
    /// The same as they were read: a server may show one of them itself.
    pub(super) certificates: Vec<CertificateDer<'static>>,
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (rest, options) = match after_scheme(text) {
            Some(_) => of_url(text),
            None => of_pairs(text),
        }
        .ok_or("expected `postgres://USER@HOST/DATABASE` or `host=… dbname=… user=…`")?;
        if let Some((name, _)) = options.iter().find(|(name, _)| ![MODE, ROOTS, CERTIFICATE, KEY].contains(&name.as_str())) {
            return Err(format!("the option `{name}` is not known; expected `{MODE}`, `{ROOTS}`, `{CERTIFICATE}`, `{KEY}` or `{DRIVERS}`"));
        }
        let last = |wanted: &str| options.iter().rev().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        let (mode, trust) = trust(last(MODE), last(ROOTS))?;
        let identity = identity(last(CERTIFICATE), last(KEY))?;
        if identity.is_some() && mode == SslMode::Disable {
            return Err(format!("`{CERTIFICATE}` is shown to nobody with `{MODE}=disable`; say `{MODE}=verify-full`"));
        }
        let mut config = Config::from_str(&rest).map_err(|error| error.to_string())?;
        config.ssl_mode(mode);
        // Sockets of this machine are not encrypted, whatever the mode; the driver would refuse.
        if config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_))) && config.get_hostaddrs().is_empty() {
            config.ssl_mode(SslMode::Disable);
        }
        if config.get_hosts().is_empty() {
            let numbers: Vec<String> = config.get_hostaddrs().iter().map(ToString::to_string).collect();
            for number in numbers {
                config.host(number);
            }
        }
        Ok(Address { config, trust, identity })
    }
}

/// What `sslmode` and `sslrootcert` mean together, as in libpq: with authorities, `require` checks them.
fn trust(mode: Option<&str>, roots: Option<&str>) -> Result<(SslMode, Trust), String> {
    let wanted = match mode.unwrap_or("prefer") {
        mode @ ("disable" | "prefer") if roots.is_some() => {
            return Err(format!("`{ROOTS}` checks nothing with `{MODE}={mode}`; say `{MODE}=verify-full`"));
        }
        "disable" => return Ok((SslMode::Disable, Trust::Anybody)),
        "prefer" => return Ok((SslMode::Prefer, Trust::Anybody)),
        "require" if roots.is_none() => return Ok((SslMode::Require, Trust::Anybody)),
        "allow" => {
            return Err(format!(
                "`{MODE}=allow` sends the password unencrypted where the server lets it; say `{MODE}=prefer`, or better `verify-full`"
            ));
        }
        "require" | "verify-ca" => Trust::Signed,
        "verify-full" => Trust::SignedForName,
        _ => return Err(format!("`{MODE}` is one of disable, prefer, require, verify-ca, verify-full")),
    };
    let place = roots.ok_or_else(|| {
        format!("this `{MODE}` needs `{ROOTS}`: a file with the authority's certificate, or `{SYSTEM}` for those of the machine")
    })?;
    if place == SYSTEM && mode != Some("verify-full") {
        return Err(format!("with `{ROOTS}={SYSTEM}` anybody may have a certificate; say `{MODE}=verify-full`"));
    }
    Ok((SslMode::Require, wanted(authorities(place)?)))
}

/// Certificate and key, both or neither.
fn identity(certificate: Option<&str>, key: Option<&str>) -> Result<Option<Identity>, String> {
    let (certificate, place) = match (certificate, key) {
        (None, None) => return Ok(None),
        (Some(certificate), Some(key)) => (certificate, key),
        (Some(_), None) => return Err(format!("`{CERTIFICATE}` needs `{KEY}`: the file with its key")),
        (None, Some(_)) => return Err(format!("`{KEY}` needs `{CERTIFICATE}`: the file with its certificate")),
    };
    let read = CertificateDer::pem_file_iter(Path::new(certificate)).and_then(Iterator::collect);
    let chain: Vec<_> = read.map_err(|error| format!("`{CERTIFICATE}`: `{certificate}` cannot be read as certificates in PEM: {error}"))?;
    if chain.is_empty() {
        return Err(format!("`{CERTIFICATE}`: `{certificate}` holds no certificate"));
    }
    let metadata = std::fs::metadata(place).map_err(|error| format!("`{KEY}`: `{place}` cannot be read: {error}"))?;
    // As libpq has it: its owner alone reads it, or root owns it and a group reads it.
    let open_to = if metadata.uid() == 0 { 0o027 } else { 0o077 };
    if metadata.mode() & open_to != 0 {
        return Err(format!("`{KEY}`: others can read `{place}`; `chmod 600` it"));
    }
    let key = PrivateKeyDer::from_pem_file(Path::new(place))
        .map_err(|error| format!("`{KEY}`: `{place}` cannot be read as a key in PEM without a passphrase: {error}"))?;
    Ok(Some(Identity { chain, key }))
}

fn authorities(place: &str) -> Result<Authorities, String> {
    let certificates = if place == SYSTEM {
        rustls_native_certs::load_native_certs().certs
    } else {
        let read = CertificateDer::pem_file_iter(Path::new(place)).and_then(Iterator::collect);
        read.map_err(|error| format!("`{ROOTS}`: `{place}` cannot be read as certificates in PEM: {error}"))?
    };
    let mut anchors = RootCertStore::empty();
    anchors.add_parsable_certificates(certificates.iter().cloned());
    if anchors.is_empty() {
        return Err(format!("`{ROOTS}`: `{place}` holds no certificate that can be used"));
    }
    Ok(Authorities { anchors, certificates })
}

fn after_scheme(text: &str) -> Option<&str> {
    ["postgres://", "postgresql://"].iter().find_map(|scheme| text.strip_prefix(scheme))
}

/// Whether the option is about TLS and not the driver's.
fn ours(name: &str) -> bool {
    name.starts_with("ssl") && name != DRIVERS
}

type Options = Vec<(String, String)>;

/// A URL without our options, and these.
fn of_url(text: &str) -> Option<(String, Options)> {
    // As the driver cuts it: up to the first `@` stand user and password, and what follows the next `?` are options.
    let host_at = after_scheme(text).and_then(|rest| rest.find('@').map(|at| text.len() - rest.len() + at)).unwrap_or(0);
    let Some(query_at) = text.get(host_at..)?.find('?').map(|at| host_at + at) else { return Some((text.to_owned(), Vec::new())) };
    let (head, query) = (text.get(..query_at)?, text.get(query_at + 1..)?);
    let (mut rest, mut options) = (Vec::new(), Vec::new());
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=')?;
        let name = decoded(name)?;
        if ours(&name) { options.push((name.into_owned(), decoded(value)?.into_owned())) } else { rest.push(part) }
    }
    let joint = if rest.is_empty() { "" } else { "?" };
    Some((format!("{head}{joint}{}", rest.join("&")), options))
}

fn decoded(text: &str) -> Option<Cow<'_, str>> {
    percent_decode_str(text).decode_utf8().ok()
}

/// `name=value …` without our options, and these.
fn of_pairs(text: &str) -> Option<(String, Options)> {
    let (mut rest, mut options) = (String::new(), Vec::new());
    let mut left = text.trim_start();
    while !left.is_empty() {
        let (name, after) = left.split_once('=')?;
        let (value, after) = value(after.trim_start())?;
        let name = name.trim_end();
        if ours(name) {
            options.push((name.to_owned(), value));
        } else {
            rest.push_str(&format!("{name}='{}' ", value.replace('\\', r"\\").replace('\'', r"\'")));
        }
        left = after.trim_start();
    }
    Some((rest, options))
}

/// One value, in quotes or up to the next space, and what follows it.
fn value(text: &str) -> Option<(String, &str)> {
    let quoted = text.strip_prefix('\'');
    let body = quoted.unwrap_or(text);
    let mut value = String::new();
    let mut letters = body.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => value.extend(letters.next().map(|(_, letter)| letter)),
            '\'' if quoted.is_some() => return Some((value, body.get(at + 1..)?)),
            space if space.is_whitespace() && quoted.is_none() => return Some((value, body.get(at..)?)),
            other => value.push(other),
        }
    }
    quoted.is_none().then_some((value, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(address: &str) -> String {
        address.parse::<Address>().err().unwrap()
    }

    #[test]
    fn our_options_are_taken_out_and_all_else_stays() {
        let check = |address: &str, rest: &str, ours: &[(&str, &str)]| {
            let (left, options) = if after_scheme(address).is_some() { of_url(address) } else { of_pairs(address) }.unwrap();
            let options: Vec<(&str, &str)> = options.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!((left.as_str(), options.as_slice()), (rest, ours), "{address}");
        };
        check("postgres://u:p@h/d", "postgres://u:p@h/d", &[]);
        check("postgres://u:p?sslmode=x@h/d?a=1&sslmode=require&b=2", "postgres://u:p?sslmode=x@h/d?a=1&b=2", &[("sslmode", "require")]);
        check("postgresql://h?sslrootcert=%2Fa%20b.crt", "postgresql://h", &[("sslrootcert", "/a b.crt")]);
        check("host=h password='a b\\'c' sslmode = require", "host='h' password='a b\\'c' ", &[("sslmode", "require")]);
        check(r"sslrootcert='/a b.crt' user=u\ v", "user='u v' ", &[("sslrootcert", "/a b.crt")]);
    }

    #[test]
    fn what_an_address_asks_of_the_server_is_what_is_done() {
        let mode = |address: &str| address.parse::<Address>().unwrap().config.get_ssl_mode();
        assert_eq!(mode("host=db user=u"), SslMode::Prefer);
        assert_eq!(mode("postgres://u@db/d?sslmode=require"), SslMode::Require);
        assert_eq!(mode("host=db sslmode=disable"), SslMode::Disable);
        assert_eq!(mode("host=/run/postgresql sslmode=require"), SslMode::Disable, "a socket");
        let number = "hostaddr=127.0.0.1 sslmode=require".parse::<Address>().unwrap();
        assert_eq!(number.config.get_hosts(), [Host::Tcp("127.0.0.1".to_owned())], "a name to check");
    }

    #[test]
    fn a_wrong_address_says_what_to_write_and_keeps_its_password() {
        assert!(said("host=db sslmode=maybe").contains("one of disable, prefer, require"));
        assert!(said("host=db sslmode=allow").contains("say `sslmode=prefer`"));
        assert!(said("host=db sslmode=verify-full").contains("needs `sslrootcert`"));
        assert!(said("host=db sslmode=prefer sslrootcert=/x").contains("checks nothing"));
        assert!(said("host=db sslmode=verify-ca sslrootcert=system").contains("verify-full"));
        assert!(said("host=db sslmode=verify-ca sslrootcert=/nowhere.crt").contains("/nowhere.crt"));
        assert!(said("host=db sslcrl=/x").contains("`sslcrl` is not known"));
        assert!(said("host=db sslcert=/x").contains("needs `sslkey`"));
        assert!(said("host=db sslkey=/x").contains("needs `sslcert`"));
        assert!(said("host=db sslcert=/nowhere.crt sslkey=/x").contains("/nowhere.crt"));
        for broken in
            ["host=db password=hunter2 oops", "host=db password='hunter2", "postgres://u:hunter2@db/d?oops", "postgres://u:hunter2@db:x/d"]
        {
            assert!(!said(broken).contains("hunter2"), "{broken}");
        }
    }
}
