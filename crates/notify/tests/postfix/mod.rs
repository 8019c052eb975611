//! A private Postfix: own folders, own port, mail for one domain delivered into a Maildir. Needs root, as Postfix does.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// A running server; stops when dropped.
pub(crate) struct Postfix {
    folder: TempDir,
    port: u16,
}

impl Postfix {
    /// Starts one, or says why it cannot.
    pub(crate) fn start(test: &str) -> Option<Postfix> {
        if !Path::new("/usr/sbin/postfix").exists() {
            println!("skipped: needs Postfix ({test})");
            return None;
        }
        if !rustix::process::geteuid().is_root() {
            println!("skipped: Postfix needs root ({test})");
            return None;
        }
        let folder = tempfile::Builder::new().prefix("hikeshi-postfix").tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Postfix { folder, port };
        server.configure();
        server.run(&["start"]);
        server.wait_until_open();
        Some(server)
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The first mail that arrives.
    pub(crate) async fn received(&self) -> String {
        let inbox = self.path("mail/duty/new");
        for _ in 0..600 {
            let first = fs::read_dir(&inbox).ok().and_then(|mut entries| entries.next()).and_then(Result::ok);
            if let Some(mail) = first {
                return fs::read_to_string(mail.path()).unwrap();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no mail arrived within 30 seconds");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn configure(&self) {
        for name in ["etc", "queue", "data", "mail"] {
            fs::create_dir(self.path(name)).unwrap();
        }
        let open = |name: &str| Command::new("chmod").arg("755").arg(self.path(name)).status().unwrap();
        open("");
        Command::new("chown").arg("postfix").arg(self.path("data")).status().unwrap();
        Command::new("chown").arg("nobody").arg(self.path("mail")).status().unwrap();
        fs::write(self.path("etc/main.cf"), self.main_cf()).unwrap();
        fs::write(self.path("etc/master.cf"), master_cf(self.port)).unwrap();
        fs::write(self.path("etc/boxes"), "duty@hikeshi.test duty/\n").unwrap();
    }

    fn main_cf(&self) -> String {
        let nobody = Command::new("id").args(["-u", "nobody"]).output().unwrap();
        let nobody = String::from_utf8(nobody.stdout).unwrap();
        let root = self.folder.path().display();
        format!(
            "compatibility_level = 3.6\nqueue_directory = {root}/queue\ndata_directory = {root}/data\nmyhostname = mail.hikeshi.test\nmydestination =\n\
             inet_interfaces = 127.0.0.1\ninet_protocols = ipv4\nmynetworks = 192.0.2.0/24\nvirtual_mailbox_domains = hikeshi.test\n\
             virtual_mailbox_base = {root}/mail\nvirtual_mailbox_maps = texthash:{root}/etc/boxes\nvirtual_uid_maps = static:{uid}\nvirtual_gid_maps = static:{uid}\n\
             smtpd_recipient_restrictions = reject_unauth_destination\nsmtpd_relay_restrictions = reject_unauth_destination\nmaillog_file =\nalias_maps =\n\
             smtpd_peername_lookup = no\nenable_long_queue_ids = yes\n",
            uid = nobody.trim(),
        )
    }

    fn run(&self, arguments: &[&str]) {
        // A pipe would stay open in the daemon, and reading it would never end: what it says goes to a file.
        let said = fs::File::create(self.path("said")).unwrap();
        let status = Command::new("/usr/sbin/postfix")
            .arg("-c")
            .arg(self.path("etc"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(said.try_clone().unwrap())
            .stderr(said)
            .status()
            .unwrap();
        assert!(status.success(), "postfix {arguments:?}: {}", fs::read_to_string(self.path("said")).unwrap_or_default());
    }

    fn wait_until_open(&self) {
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("Postfix did not open its port within 10 seconds");
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let _ = Command::new("/usr/sbin/postfix").arg("-c").arg(self.path("etc")).arg("abort").output();
    }
}

fn master_cf(port: u16) -> String {
    format!(
        "127.0.0.1:{port} inet n - n - - smtpd\npickup unix n - n 60 1 pickup\ncleanup unix n - n - 0 cleanup\nqmgr unix n - n 300 1 qmgr\n\
         rewrite unix - - n - - trivial-rewrite\nbounce unix - - n - 0 bounce\ndefer unix - - n - 0 bounce\ntrace unix - - n - 0 bounce\n\
         flush unix n - n 1000? 0 flush\nsmtp unix - - n - - smtp\nerror unix - - n - - error\nretry unix - - n - - error\nvirtual unix - n n - - virtual\n\
         anvil unix - - n - 1 anvil\nscache unix - - n - 1 scache\nproxymap unix - - n - - proxymap\n\
         postlog unix-dgram n - n - 1 postlogd\n"
    )
}

/// Decodes base64 without padding rules: enough for a mail's body.
pub(crate) fn base64(text: &str) -> Vec<u8> {
    let output = Command::new("sh").arg("-c").arg("printf %s \"$0\" | base64 -d").arg(text).output().unwrap();
    output.stdout
}
