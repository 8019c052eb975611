//! The record on a server that takes encrypted connections only: which of them it gets, and what is said of those it does not.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use hikeshi_record::{Settings, Store};

use crate::fixture::{folder, server};

const PASSWORD: &str = "hunter2-of-the-record";

/// Makes a key and a certificate that is its own authority, as PostgreSQL's manual has it.
const SELF_SIGNED: &str = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -keyout server.key -out server.crt && cp server.crt authority.crt";
/// Makes an authority, a key with a certificate of it for `localhost`, and one for the role `hikeshi`.
const SIGNED: &str = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=Authority \
        -keyout authority.key -out authority.crt &&
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost -keyout server.key -out server.csr &&
    echo subjectAltName=DNS:localhost >names &&
    openssl x509 -req -in server.csr -CA authority.crt -CAkey authority.key -CAcreateserial -days 2 -extfile names -out server.crt &&
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=hikeshi -keyout client.key -out client.csr &&
    openssl x509 -req -in client.csr -CA authority.crt -CAkey authority.key -CAcreateserial -days 2 -out client.crt";

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
            "{certificate} && printf 'local all all trust\\nhostssl certified hikeshi 127.0.0.1/32 cert\\nhostssl all hikeshi 127.0.0.1/32 scram-sha-256\\n' \
             >data/pg_hba.conf && pwd"
        );
        let role = format!("CREATE ROLE hikeshi LOGIN CREATEDB PASSWORD '{PASSWORD}'");
        let own = ["ssl_cert_file=../server.crt", "ssl_key_file=../server.key", "ssl_ca_file=../authority.crt"];
        let options = [["listen_addresses=127.0.0.1", "ssl=on"].as_slice(), &own].concat();
        let place = server::begin(port, &role, &setup, &options);
        if place.is_none() {
            println!("skipped: no PostgreSQL binaries");
        }
        let secured = Secured { place: place?, port, data: folder() };
        for database in ["secured", "certified"] {
            server::sql(&secured.place, port, "postgres", &format!("CREATE DATABASE {database} OWNER hikeshi"));
        }
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

/// A server may ask for a certificate in place of a password.
#[tokio::test]
async fn a_server_learns_who_we_are_by_our_certificate() {
    use std::os::unix::fs::PermissionsExt;
    let Some(secured) = Secured::start(SIGNED) else { return };
    // The files are the server's user's; what a desk is given is its own.
    let own = |name: &str, mode: u32| {
        let path = secured.data.path().join(name);
        std::fs::write(&path, std::fs::read(secured.place.join(name)).unwrap()).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path.display().to_string()
    };
    let (certificate, key) = (own("client.crt", 0o644), own("client.key", 0o600));
    let asked = format!("dbname=certified sslmode=verify-full sslrootcert={}", secured.file("authority.crt"));
    secured.encrypted("localhost", &format!("{asked} sslcert={certificate} sslkey={key}")).await;
    let unknown = secured.refused("localhost", &asked).await;
    assert!(unknown.contains("client certificate"), "{unknown}");
    let another = another_authority(secured.data.path());
    let foreign = secured.refused("localhost", &format!("{asked} sslcert={another} sslkey={key}")).await;
    assert!(foreign.contains("`sslcert` and `sslkey` cannot be used"), "{foreign}");
    let unencrypted = secured.refused("localhost", &format!("dbname=certified sslmode=disable sslcert={certificate} sslkey={key}")).await;
    assert!(unencrypted.contains("shown to nobody"), "{unencrypted}");
    let key = own("client.key", 0o644);
    let open = secured.refused("localhost", &format!("{asked} sslcert={certificate} sslkey={key}")).await;
    assert!(open.contains("others can read") && open.contains("chmod 600"), "{open}");
}

/// A login that is bound to its connection is worth nothing to whoever stands in between.
#[tokio::test]
async fn a_login_is_bound_to_its_connection() {
    for certificate in [SIGNED, SELF_SIGNED] {
        let Some(secured) = Secured::start(certificate) else { return };
        secured.encrypted("127.0.0.1", "sslmode=require channel_binding=require").await;
        secured.encrypted("127.0.0.1", "sslmode=require channel_binding=disable").await;
    }
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
