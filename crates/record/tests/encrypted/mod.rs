//! The record on a server that takes encrypted connections only: which of them it gets, and what is said of those it does not.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use hikeshi_record::{Settings, Store};

use crate::fixture::{folder, server};

const PASSWORD: &str = "hunter2-of-the-record";

/// Makes a key and a certificate that is its own authority, as PostgreSQL's manual has it.
const SELF_SIGNED: &str = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -keyout server.key -out server.crt";
/// Makes an authority, and a key with a certificate of it for `localhost`.
const SIGNED: &str = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=Authority \
        -keyout authority.key -out authority.crt &&
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost -keyout server.key -out server.csr &&
    echo subjectAltName=DNS:localhost >names &&
    openssl x509 -req -in server.csr -CA authority.crt -CAkey authority.key -CAcreateserial -days 2 -extfile names -out server.crt";

/// A server of this test and the folder of a record on it.
struct Secured {
    place: PathBuf,
    port: u16,
    data: tempfile::TempDir,
}

impl Secured {
    /// With a certificate that the shell makes; `None` where something is not installed.
    fn start(certificate: &str) -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            println!("skipped: no openssl");
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let setup = format!(
            "{certificate} && printf 'local all all trust\\nhostssl all hikeshi 127.0.0.1/32 scram-sha-256\\n' >data/pg_hba.conf && pwd"
        );
        let role = format!("CREATE ROLE hikeshi LOGIN CREATEDB PASSWORD '{PASSWORD}'");
        let options = ["listen_addresses=127.0.0.1", "ssl=on", "ssl_cert_file=../server.crt", "ssl_key_file=../server.key"];
        let place = server::begin(port, &role, &setup, &options);
        if place.is_none() {
            println!("skipped: no PostgreSQL binaries");
        }
        let secured = Secured { place: place?, port, data: folder() };
        server::sql(&secured.place, port, "postgres", "CREATE DATABASE secured OWNER hikeshi");
        Some(secured)
    }

    fn file(&self, name: &str) -> String {
        self.place.join(name).display().to_string()
    }

    /// Opens the record by an address with these options.
    async fn open(&self, host: &str, options: &str) -> Result<Store, String> {
        let Secured { port, .. } = self;
        let address = format!("host={host} port={port} user=hikeshi dbname=secured password={PASSWORD} {options}");
        let opened = Store::open(Settings::postgres(self.data.path(), address)).await;
        opened.map_err(|error| {
            let said = format!("{error} {error:?}");
            assert!(!said.contains(PASSWORD), "{said}");
            error.to_string()
        })
    }

    /// It opens, and the server says that the connection is encrypted.
    async fn encrypted(&self, host: &str, options: &str) {
        let store = self.open(host, options).await.unwrap();
        let sql = "SELECT count(*) FILTER (WHERE ssl) || ' of ' || count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
                   WHERE usename = 'hikeshi'";
        let counted = server::sql(&self.place, self.port, "postgres", sql);
        let (encrypted, all) = counted.split_once(" of ").unwrap();
        assert!(encrypted == all && encrypted != "0", "{options}: {counted}");
        store.close().await;
    }

    async fn refused(&self, host: &str, options: &str) -> String {
        self.open(host, options).await.err().unwrap_or_else(|| panic!("opened with {options}"))
    }
}

#[tokio::test]
async fn a_server_with_a_signed_certificate_is_who_its_name_says() {
    let Some(secured) = Secured::start(SIGNED) else { return };
    let authority = secured.file("authority.crt");
    secured.encrypted("localhost", &format!("sslmode=verify-full sslrootcert={authority}")).await;
    secured.encrypted("127.0.0.1", &format!("sslmode=verify-ca sslrootcert='{authority}'")).await;
    secured.encrypted("127.0.0.1", "sslmode=require").await;
    secured.encrypted("127.0.0.1", "").await;

    let wrong_name = secured.refused("127.0.0.1", &format!("sslmode=verify-full sslrootcert={authority}")).await;
    assert!(wrong_name.contains("is not for `127.0.0.1`, but for") && wrong_name.contains("localhost"), "{wrong_name}");
    let stranger = another_authority(secured.data.path());
    for mode in ["verify-full", "verify-ca", "require"] {
        let refused = secured.refused("localhost", &format!("sslmode={mode} sslrootcert={stranger}")).await;
        assert!(refused.contains("not signed by an authority that `sslrootcert` names"), "{mode}: {refused}");
    }
    let plain = secured.refused("127.0.0.1", "sslmode=disable").await;
    assert!(plain.contains("no encryption") && plain.contains("needs `sslmode=verify-full`"), "{plain}");
    let url = format!(
        "postgres://hikeshi:{PASSWORD}@localhost:{}/secured?sslmode=verify-full&sslrootcert={}",
        secured.port,
        authority.replace('/', "%2F")
    );
    Store::open(Settings::postgres(secured.data.path(), url)).await.unwrap().close().await;
}

#[tokio::test]
async fn a_server_may_be_its_own_authority() {
    let Some(secured) = Secured::start(SELF_SIGNED) else { return };
    let certificate = secured.file("server.crt");
    secured.encrypted("127.0.0.1", "sslmode=require").await;
    secured.encrypted("localhost", &format!("sslmode=verify-full sslrootcert={certificate}")).await;
    let wrong_name = secured.refused("127.0.0.1", &format!("sslmode=verify-full sslrootcert={certificate}")).await;
    assert!(wrong_name.contains("is not for `127.0.0.1`"), "{wrong_name}");
    let stranger = another_authority(secured.data.path());
    let unknown = secured.refused("localhost", &format!("sslmode=verify-ca sslrootcert={stranger}")).await;
    assert!(unknown.contains("not signed by an authority"), "{unknown}");
}

/// An authority of the same name, with another key.
fn another_authority(folder: &Path) -> String {
    let (key, certificate) = (folder.join("stranger.key"), folder.join("stranger.crt"));
    let mut openssl = Command::new("openssl");
    openssl.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=Authority",
    ]);
    let output = openssl.arg("-keyout").arg(key).arg("-out").arg(&certificate).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    certificate.display().to_string()
}
