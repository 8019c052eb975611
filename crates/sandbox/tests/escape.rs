//! A process shut in by the product's own walls is told to escape, once a way. The control is the same process without walls:
//! there every way is open, so that a wall that does nothing would be seen.
//!
//! Each probe is a process of its own: this test's program, told by the environment to run one probe.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsFd as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hikeshi_sandbox::{Budget, confine_tool, confine_worker};
use rustix::process::{Pid, PidfdFlags, Resource, Rlimit};

const PROBE: &str = "HIKESHI_PROBE";
const WALLS: &str = "HIKESHI_WALLS";
const FOLDER: &str = "HIKESHI_FOLDER";
const PORT: &str = "HIKESHI_PORT";

/// What a probe finds when it starts: opened before the walls stand.
struct Scene {
    folder: PathBuf,
    port: u16,
    other: File,
    scratch: File,
    connection: TcpStream,
}

impl Scene {
    fn secret(&self) -> PathBuf {
        self.folder.join("secret")
    }
}

type Probe = (&'static str, fn(&mut Scene) -> io::Result<()>);

fn memory() -> io::Result<()> {
    let room = vec![1_u8; 1 << 30];
    std::hint::black_box(&room);
    Ok(())
}

/// A loop without end, for the control cut short.
fn endless() -> io::Result<()> {
    let long = if std::env::var_os(WALLS).is_some() { 120 } else { 1 };
    let end = Instant::now() + Duration::from_secs(long);
    while Instant::now() < end {
        std::hint::spin_loop();
    }
    Ok(())
}

fn raised() -> io::Result<()> {
    let before = rustix::process::getrlimit(Resource::Core);
    let wider = Rlimit { current: before.maximum, maximum: before.maximum };
    Ok(rustix::process::setrlimit(Resource::Core, wider)?)
}

/// Ways out that any user has.
const PROBES: &[Probe] = &[
    ("open a file", |scene| File::open(scene.secret()).map(drop)),
    ("open the input again", |_| File::open("/proc/self/fd/0").map(drop)),
    ("read the environment", |_| fs::read("/proc/self/environ").map(drop)),
    ("open own memory", |_| OpenOptions::new().write(true).open("/proc/self/mem").map(drop)),
    ("look at another process", |_| fs::read("/proc/1/status").map(drop)),
    ("create a file", |scene| File::create(scene.folder.join("new")).map(drop)),
    ("append to a file", |scene| OpenOptions::new().append(true).open(scene.secret()).map(drop)),
    ("list a folder", |scene| fs::read_dir(&scene.folder).map(drop)),
    ("ask whether a file is there", |scene| fs::metadata(scene.secret()).map(drop)),
    ("read a link", |_| fs::read_link("/proc/self/exe").map(drop)),
    ("make a folder", |scene| fs::create_dir(scene.folder.join("made"))),
    ("delete a file", |scene| fs::remove_file(scene.secret())),
    ("rename a file", |scene| fs::rename(scene.secret(), scene.folder.join("renamed"))),
    ("link a file", |scene| fs::hard_link(scene.secret(), scene.folder.join("linked"))),
    ("link by name", |scene| symlink("/etc/passwd", scene.folder.join("named"))),
    ("change permissions", |scene| fs::set_permissions(scene.secret(), fs::Permissions::from_mode(0o777))),
    ("change the folder", |_| std::env::set_current_dir("/")),
    ("ask for the folder", |_| std::env::current_dir().map(drop)),
    ("ask for the file system", |_| Ok(rustix::fs::statfs("/").map(drop)?)),
    ("connect by TCP", |scene| TcpStream::connect(("127.0.0.1", scene.port)).map(drop)),
    ("listen by TCP", |_| TcpListener::bind("127.0.0.1:0").map(drop)),
    ("open a UDP socket", |_| UdpSocket::bind("127.0.0.1:0").map(drop)),
    ("connect to a local socket", |scene| UnixStream::connect(scene.folder.join("socket")).map(drop)),
    ("make a pair of sockets", |_| UnixStream::pair().map(drop)),
    ("use an open connection", |scene| scene.connection.write_all(b"x")),
    ("start a program", |_| Command::new("/bin/true").status().map(drop)),
    ("become a program", |_| Err(Command::new("/bin/echo").arg("ESCAPED").exec())),
    ("reach a process by signal", |_| {
        let parent = rustix::process::getppid().unwrap_or(Pid::INIT);
        Ok(rustix::process::test_kill_process(parent)?)
    }),
    ("hold a process", |_| Ok(rustix::process::pidfd_open(rustix::process::getpid(), PidfdFlags::empty()).map(drop)?)),
    ("leave the session", |_| Ok(rustix::process::setsid().map(drop)?)),
    ("read another's descriptor", |scene| scene.other.read(&mut [0; 8]).map(drop)),
    ("write another's descriptor", |scene| scene.scratch.write_all(b"x")),
    ("cut another's file", |scene| scene.scratch.set_len(0)),
    ("lock another's file", |scene| scene.scratch.lock()),
    ("date another's file", |scene| scene.scratch.set_modified(std::time::SystemTime::UNIX_EPOCH)),
    ("copy a descriptor", |scene| scene.other.try_clone().map(drop)),
    ("make a file in memory", |_| Ok(rustix::fs::memfd_create("x", rustix::fs::MemfdFlags::empty()).map(drop)?)),
    ("watch files", |_| Ok(rustix::fs::inotify::init(rustix::fs::inotify::CreateFlags::empty()).map(drop)?)),
    ("run memory", |_| memmap2::MmapMut::map_anon(4096)?.make_exec().map(drop)),
    ("change a limit", |_| raised()),
    ("take a GiB of memory", |_| memory()),
    ("run for ever", |_| endless()),
];

/// Ways out that only root has.
const PROBES_OF_ROOT: &[Probe] = &[
    ("change the root", |_| Ok(rustix::process::chroot("/")?)),
    ("make a device", |scene| {
        let mode = rustix::fs::Mode::RUSR;
        let device = rustix::fs::makedev(1, 3);
        Ok(rustix::fs::mknodat(rustix::fs::CWD, scene.folder.join("null"), rustix::fs::FileType::CharacterDevice, mode, device)?)
    }),
];

fn root() -> bool {
    rustix::process::geteuid().is_root()
}

fn probes() -> impl Iterator<Item = &'static Probe> {
    PROBES.iter().chain(PROBES_OF_ROOT.iter().filter(|_| root()))
}

/// The process that tries; as a test of its own it has nothing to do.
#[test]
fn tries_one_way() {
    let Some(name) = std::env::var_os(PROBE) else { return };
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
    let port = std::env::var(PORT).unwrap().parse().unwrap();
    let mut scene = Scene {
        port,
        other: File::open(folder.join("other")).unwrap(),
        scratch: File::create(folder.join("scratch")).unwrap(),
        connection: TcpStream::connect(("127.0.0.1", port)).unwrap(),
        folder,
    };
    if std::env::var_os(WALLS).is_some() {
        let missing = confine_worker(&Budget { memory_bytes: 512 << 20, cpu_seconds: 1 }, io::stdin().as_fd());
        assert_eq!(missing, []);
    }
    assert_eq!(std::thread::spawn(|| 7).join().unwrap(), 7, "threads of the reader itself must start");
    println!("TRIED");
    let (_, probe) = probes().find(|(own, _)| name == *own).unwrap();
    match probe(&mut scene) {
        Ok(()) => println!("ESCAPED"),
        Err(error) => println!("denied: {error}"),
    }
}

struct Stage {
    folder: tempfile::TempDir,
    listener: TcpListener,
    _local: UnixListener,
}

impl Stage {
    fn new() -> Stage {
        let folder = tempfile::tempdir().unwrap();
        for name in ["secret", "other", "input"] {
            fs::write(folder.path().join(name), "text of another").unwrap();
        }
        let local = UnixListener::bind(folder.path().join("socket")).unwrap();
        Stage { listener: TcpListener::bind("127.0.0.1:0").unwrap(), _local: local, folder }
    }

    /// What the process that tries says.
    fn run(&self, test: &str, probe: &str, walls: bool) -> String {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([test, "--exact", "--nocapture", "--test-threads=1"]);
        command.env(PROBE, probe).env(FOLDER, self.folder.path()).env(PORT, self.listener.local_addr().unwrap().port().to_string());
        if walls {
            command.env(WALLS, "1");
        }
        let output = command.stdin(File::open(self.folder.path().join("input")).unwrap()).stderr(Stdio::piped()).output().unwrap();
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    }
}

#[test]
fn every_way_out_is_closed() {
    let mut open = Vec::new();
    for (name, _) in probes() {
        let said = Stage::new().run("escape::tries_one_way", name, true);
        if !said.contains("TRIED") || said.contains("ESCAPED") {
            open.push(format!("{name}: {said}"));
        }
    }
    assert!(probes().count() >= 40);
    assert!(open.is_empty(), "{}", open.join("\n"));
}

#[test]
fn without_walls_every_way_is_open() {
    let mut closed = Vec::new();
    for (name, _) in probes() {
        let said = Stage::new().run("escape::tries_one_way", name, false);
        if !said.contains("ESCAPED") {
            closed.push(format!("{name}: {said}"));
        }
    }
    assert!(closed.is_empty(), "probes that prove nothing:\n{}", closed.join("\n"));
}

/// A command that was given one file and one folder to write.
#[test]
fn tries_as_a_tool() {
    let Some(_) = std::env::var_os(PROBE) else { return };
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
    let (given, out) = (folder.join("other"), folder.join("out"));
    fs::create_dir(&out).unwrap();
    if std::env::var_os(WALLS).is_some() {
        assert_eq!(confine_tool([given.as_path()], [out.as_path()]), []);
    }
    let port: u16 = std::env::var(PORT).unwrap().parse().unwrap();
    let read_on_a_thread = |path: PathBuf| std::thread::spawn(move || fs::read(path).map(drop)).join().unwrap();
    let outcomes = [
        ("given", read_on_a_thread(given)),
        ("written", fs::write(out.join("report"), "x").and_then(|()| fs::create_dir_all(out.join("a/b")))),
        ("secret", read_on_a_thread(folder.join("secret"))),
        ("passwd", fs::read("/etc/passwd").map(drop)),
        ("elsewhere", fs::write(folder.join("new"), "x")),
        ("connect", TcpStream::connect(("127.0.0.1", port)).map(drop)),
        ("udp", UdpSocket::bind("127.0.0.1:0").map(drop)),
        ("local", UnixStream::connect(folder.join("socket")).map(drop)),
        ("program", Command::new("/bin/true").status().map(drop)),
        ("held", rustix::process::pidfd_open(rustix::process::getpid(), PidfdFlags::empty()).map(drop).map_err(Into::into)),
    ];
    for (name, outcome) in outcomes {
        println!("{name}={}", if outcome.is_ok() { "open" } else { "closed" });
    }
}

#[test]
fn a_tool_reaches_what_it_was_given_and_nothing_else() {
    let said = Stage::new().run("escape::tries_as_a_tool", "tool", true);
    for open in ["given", "written"] {
        assert!(said.contains(&format!("{open}=open")), "{open}: {said}");
    }
    let closed = ["secret", "passwd", "elsewhere", "connect", "udp", "local", "program", "held"];
    for name in closed {
        assert!(said.contains(&format!("{name}=closed")), "{name}: {said}");
    }
    let said = Stage::new().run("escape::tries_as_a_tool", "tool", false);
    for name in closed {
        assert!(said.contains(&format!("{name}=open")), "without walls {name}: {said}");
    }
}
