//! An ext4 file system of our own in a file, that can lose power: `FS_IOC_SHUTDOWN` drops whatever was not synced.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// 0x8004587d is `FS_IOC_SHUTDOWN`, 2 is `FS_SHUTDOWN_FLAGS_NOLOGFLUSH` (Linux, include/uapi/linux/fs.h): not even the journal is flushed.
const SHUT_DOWN: &str = "import fcntl, os, struct, sys\nplace = os.open(sys.argv[1], os.O_RDONLY)\nprint('ready', flush=True)\nsys.stdin.readline()\n\
    fcntl.ioctl(place, 0x8004587d, struct.pack('I', 2))";

/// A mounted file system; unmounted when it is dropped.
pub(super) struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    /// Makes and mounts one; the reason where this machine does not let us.
    pub(super) fn mounted(megabytes: u64) -> Result<Disk, String> {
        let disk = Disk { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(disk.mount_point()).unwrap();
        std::fs::File::create(disk.image()).unwrap().set_len(megabytes << 20).unwrap();
        // No blocks kept for root: the reserve under test is the desk's own.
        let image = disk.image();
        done(Command::new("mkfs.ext4").args(["-q", "-m", "0", "-E", "lazy_itable_init=0,lazy_journal_init=0"]).arg(&image))?;
        done(Command::new("python3").args(["-c", "import fcntl"]))?;
        disk.mount()?;
        Ok(disk)
    }

    /// Where it is mounted.
    pub(super) fn mount_point(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    /// A place beside it that keeps its power.
    pub(super) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn image(&self) -> PathBuf {
        self.folder.path().join("image")
    }

    fn mount(&self) -> Result<(), String> {
        // The journal is written when somebody syncs, not by the clock: nothing becomes durable by luck.
        done(Command::new("mount").args(["-o", "loop,commit=300"]).arg(self.image()).arg(self.mount_point()))
    }

    /// The power goes. `now` is called just before: what a server without power still says, nobody would have heard.
    pub(super) fn lose_power(&self, now: impl FnOnce()) {
        let mut switch = Command::new("python3")
            .args(["-c", SHUT_DOWN])
            .arg(self.mount_point())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(switch.stdout.take().unwrap());
        said.read_line(&mut String::new()).unwrap();
        now();
        switch.stdin.take().unwrap().write_all(b"\n").unwrap();
        assert!(switch.wait().unwrap().success(), "the file system could not be shut down");
    }

    /// The power is back. Nobody may have a file open.
    pub(super) fn restore_power(&self) {
        let mut unmounted = Err(String::new());
        for _ in 0..100 {
            unmounted = done(Command::new("umount").arg(self.mount_point()));
            if unmounted.is_ok() {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        unmounted.unwrap();
        self.mount().unwrap();
    }

    /// Writes everything out, as a machine that has been left alone would.
    pub(super) fn rest(&self) {
        done(Command::new("sync").arg("-f").arg(self.mount_point())).unwrap();
    }

    /// Free and total bytes.
    pub(super) fn space(&self) -> (u64, u64) {
        let output = Command::new("df").args(["-B1", "--output=avail,size"]).arg(self.mount_point()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let mut numbers = text.lines().nth(1).unwrap().split_whitespace().map(|word| word.parse().unwrap());
        (numbers.next().unwrap(), numbers.next().unwrap())
    }

    /// Fills it up to so many free bytes, by a file that somebody else might have put there.
    pub(super) fn fill_up_to(&self, free_bytes: u64) -> PathBuf {
        let ballast = self.mount_point().join("ballast");
        let wanted = self.space().0.saturating_sub(free_bytes);
        done(Command::new("fallocate").args(["-l", &wanted.to_string()]).arg(&ballast)).unwrap();
        ballast
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.mount_point()).output();
    }
}

fn done(command: &mut Command) -> Result<(), String> {
    let Output { status, stderr, .. } = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {}", String::from_utf8_lossy(&stderr).trim())) }
}
