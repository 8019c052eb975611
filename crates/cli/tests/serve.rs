//! `hikeshi serve` and the commands beside it on a record in PostgreSQL, named by the variable.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::{hikeshi, postgres};

/// A desk that serves until this is dropped.
struct Serving(Child);

impl Serving {
    fn start(data: &Path, record: &str) -> Serving {
        let mut command = on(record, "serve");
        command.arg("--data").arg(data).args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let link = lines.take(10).find(|line| line.contains("/sign-in#token="));
        assert!(link.is_some(), "the desk prints a sign-in link once it listens");
        Serving(child)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn on(record: &str, mode: &str) -> Command {
    let mut command = hikeshi();
    command.env("HIKESHI_RECORD", record).arg(mode);
    command
}

fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_desk_on_postgresql_is_verified_backed_up_and_restored_by_command() {
    let (Some(record), Some(second)) = (postgres::new_database(), postgres::new_database()) else {
        println!("skipped: no PostgreSQL binaries");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (data, backup, restored) = (folder.path().join("data"), folder.path().join("backup"), folder.path().join("restored"));
    let serving = Serving::start(&data, &record);
    assert!(!data.join("record.sqlite").exists(), "nothing of the record lies in the folder");
    let people = postgres::as_superuser(&record, "SELECT count(*) FROM version WHERE kind = 'person'");
    assert_eq!(people, "1", "the first operator is in the database");

    said(on(&record, "backup").arg("--data").arg(&data).arg("--to").arg(&backup));
    drop(serving);
    let checked = said(on(&record, "record").arg("verify").arg("--data").arg(&data));
    assert!(checked.contains("versions and") && checked.contains("hold"), "{checked}");
    assert!(said(on(&record, "record").arg("checkpoint").arg("--data").arg(&data)).contains("\"seq\""));
    let chain = said(on(&record, "record").arg("export").arg("--data").arg(&data));
    assert!(chain.lines().any(|line| line.contains("person.add")), "{chain}");

    said(on(&second, "restore").arg("--from").arg(&backup).arg("--data").arg(&restored));
    let people = postgres::as_superuser(&second, "SELECT count(*) FROM version WHERE kind = 'person'");
    assert_eq!(people, "1", "the backup went into the other database");
    drop(Serving::start(&restored, &second));
}

#[test]
fn help_never_prints_the_address_of_the_record() {
    let help = said(on("postgres://hikeshi:hunter2@db/hikeshi", "serve").arg("--help"));
    assert!(help.contains("HIKESHI_RECORD") && !help.contains("hunter2"), "{help}");
}

/// The desk answers a request of plain HTTP/1.1; status and the whole answer.
fn asked(address: &str, request: &str, headers: &str, body: &str) -> (String, String) {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(
        stream,
        "{request} HTTP/1.1\r\nHost: {address}\r\nX-Hikeshi: 1\r\nContent-Type: application/json\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    (answer.split(' ').nth(1).unwrap().to_owned(), answer)
}

fn token(line: &str) -> Option<&str> {
    line.split_once("#token=").map(|(_, token)| token.trim())
}

#[test]
fn no_link_goes_to_a_log_once_a_password_is_set_and_a_command_makes_one() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let start = || {
        let mut command = hikeshi();
        command.arg("serve").arg("--data").arg(&data).args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let lines: Vec<String> = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok).take(3).collect();
        (Serving(child), lines)
    };
    let (serving, lines) = start();
    let address = lines[0].split_once("http://").unwrap().1.to_owned();
    let link = |token: &str| asked(&address, "POST /api/v1/session/link", "", &format!("{{\"token\":\"{token}\"}}"));
    let (status, head) = link(token(&lines[1]).expect("the first start prints a link"));
    assert_eq!(status, "200");
    let cookie = head.lines().find_map(|line| line.split_once("set-cookie: ")).unwrap().1.split(';').next().unwrap().to_owned();
    let made = said(hikeshi().arg("sign-in-link").arg("--data").arg(&data));
    assert!(made.starts_with(&format!("http://{address}/sign-in#token=")), "the running desk's own address: {made}");
    let elsewhere = said(hikeshi().arg("sign-in-link").arg("--data").arg(&data).args(["--address", "https://desk.example/"]));
    assert!(elsewhere.starts_with("https://desk.example/sign-in#token="), "{elsewhere}");
    let (status, _) = link(token(&made).unwrap());
    assert_eq!(status, "200", "a link is made while the desk works");
    let (status, _) = link(token(&made).unwrap());
    assert_eq!(status, "401", "it is used once");
    let password = "{\"new\":\"a long enough password\"}";
    assert_eq!(asked(&address, "PUT /api/v1/me/password", &format!("Cookie: {cookie}\r\n"), password).0, "200");
    drop(serving);
    let (_serving, lines) = start();
    assert!(lines.iter().all(|line| token(line).is_none()), "{lines:?}");
}

// covers: S4-20
#[test]
fn an_organisation_brings_its_own_procedure_and_a_wrong_file_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let (data, own) = (folder.path().join("data"), folder.path().join("playbook"));
    std::fs::create_dir_all(own.join("phrases")).unwrap();
    let with_own = || {
        let mut command = hikeshi();
        command.arg("serve").arg("--data").arg(&data).args(["--listen", "127.0.0.1:0"]).arg("--playbook").arg(&own);
        command
    };
    let verdict = hikeshi_domain::playbook::shipped("verdict.yaml").unwrap();
    let line = verdict.split("black_points: 60").next().unwrap().lines().count();
    std::fs::write(own.join("verdict.yaml"), verdict.replace("black_points: 60", "black_points: many")).unwrap();
    let output = with_own().output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains(&format!("playbook/verdict.yaml:{line}: ")), "{said}");

    std::fs::write(own.join("verdict.yaml"), verdict).unwrap();
    let phrases = hikeshi_domain::playbook::shipped("phrases/desk.yaml").unwrap();
    let changed = phrases.replace("This sign-in link was used or is too old.", "Call the duty officer.");
    std::fs::write(own.join("phrases/desk.yaml"), changed).unwrap();
    let mut child = with_own().stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let first = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok).next().unwrap();
    let _serving = Serving(child);
    let address = first.split_once("http://").unwrap().1;
    let (status, answer) = asked(address, "POST /api/v1/session/link", "Accept-Language: en\r\n", "{\"token\":\"spent\"}");
    assert!(status == "401" && answer.contains("Call the duty officer."), "{answer}");
}
