//! A running `hikeshi serve`, and the operator who set it up.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

const EMAIL: &str = "operator@example.com";
const PASSWORD: &str = "correct horse battery staple";

/// The binary under test.
pub(super) fn binary() -> PathBuf {
    std::env::var_os("HIKESHI_TRUST_BINARY").map_or_else(|| env!("CARGO_BIN_EXE_hikeshi").into(), PathBuf::from)
}

/// A server; killed when it is dropped.
pub(super) struct Server {
    child: Child,
    /// Held, so that the server has somebody to speak to.
    _said: BufReader<ChildStdout>,
    base: String,
    /// While no password is set.
    link: Option<String>,
    client: Client,
    begun: Instant,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) retry_after: Option<u64>,
    pub(super) body: Value,
    pub(super) took: Duration,
}

impl Server {
    /// Starts the server on a data folder, through another command (a tracer) if one is given. Its log goes to `server.log` beside.
    pub(super) fn start(data: &Path, log: &Path, through: &[String]) -> Server {
        let mut words = through.iter().map(Into::into).collect::<Vec<std::ffi::OsString>>();
        words.extend([binary().into(), "serve".into(), "--data".into(), data.into(), "--listen".into(), "127.0.0.1:0".into()]);
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).env_remove("RUST_LOG").env_remove("XDG_CACHE_HOME").env_remove("HIKESHI_RECORD");
        let begun = Instant::now();
        let errors = File::options().append(true).create(true).open(log).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(errors).spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let lines = said.by_ref().lines().map_while(Result::ok);
        let mut base = None;
        let mut link = None;
        for line in lines {
            base = base.or_else(|| line.strip_prefix("Hikeshi is running at ").map(str::to_owned));
            link = link.or_else(|| line.split_once("#token=").map(|(_, token)| token.to_owned()));
            if line.starts_with("Stop with") {
                break;
            }
        }
        let Some(base) = base else {
            let _ = child.kill();
            panic!("the server did not start: {}", tail(log));
        };
        let client = Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
        Server { child, _said: said, base, link, client, begun }
    }

    /// Waits until it says that it is ready; how long that took since its start.
    pub(super) async fn ready(&self) -> Duration {
        while self.begun.elapsed() < Duration::from_secs(30) {
            if self.status_of("/readyz").await == Some(StatusCode::OK) {
                return self.begun.elapsed();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the server is not ready after 30 s: {}", self.text_of("/readyz").await);
    }

    pub(super) async fn status_of(&self, path: &str) -> Option<StatusCode> {
        self.client.get(format!("{}{path}", self.base)).send().await.ok().map(|response| response.status())
    }

    pub(super) async fn text_of(&self, path: &str) -> String {
        match self.client.get(format!("{}{path}", self.base)).send().await {
            Ok(response) => response.text().await.unwrap_or_default(),
            Err(error) => error.to_string(),
        }
    }

    /// A request as the console sends it; `None` when the server is gone.
    pub(super) async fn ask(&self, cookie: &str, method: Method, path: &str, body: Option<&Value>) -> Option<Answer> {
        let request = self.client.request(method, format!("{}/api/v1{path}", self.base));
        let request = request.header("cookie", cookie).header("x-hikeshi", "1").header("accept-language", "en");
        answered(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    /// A request by key.
    pub(super) async fn by_key(&self, key: &str, path: &str, idempotency_key: Option<&str>, body: String) -> Option<Answer> {
        let request = self.client.post(format!("{}/api/v1{path}", self.base)).bearer_auth(key).body(body);
        let request = request.header("content-type", "application/json");
        answered(match idempotency_key {
            Some(name) => request.header("idempotency-key", name),
            None => request,
        })
        .await
    }

    /// Ends it as a fault would, while others still hold it: SIGKILL.
    pub(super) fn kill(&self) {
        // A tracer stands beside the server, not above it: the child is the server itself.
        let killed = Command::new("kill").args(["-9", &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn answered(request: reqwest::RequestBuilder) -> Option<Answer> {
    let begun = Instant::now();
    let response = request.send().await.ok()?;
    let status = response.status();
    let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    let bytes = response.bytes().await.ok()?;
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Some(Answer { status, retry_after, body, took: begun.elapsed() })
}

fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(8)..].join("\n")
}

/// The person, the organisation and the keys that every round uses; made once, on the record from then on.
pub(super) struct Operator {
    pub(super) cookie: String,
    pub(super) forwarder: String,
    pub(super) endpoint: String,
}

impl Operator {
    pub(super) async fn set_up(server: &Server) -> Operator {
        let cookie = sign_in(server, "/session/link", &json!({ "token": server.link.as_deref().unwrap() })).await.unwrap();
        let profile = json!({"name": "Operator", "email": EMAIL, "language": "en", "time_zone": "Asia/Tokyo"});
        made(server, &cookie, Method::PUT, "/me", &profile).await;
        made(server, &cookie, Method::PUT, "/me/password", &json!({ "new": PASSWORD })).await;
        let organization = json!({"name": "ours", "time_zone": "Asia/Tokyo", "language": "en"});
        let org = made(server, &cookie, Method::POST, "/organizations", &organization).await["id"].clone();
        let forwarder = json!({"org": org, "name": "wef", "forwarder": "wef"});
        let forwarder = made(server, &cookie, Method::POST, "/api-keys", &forwarder).await["key"].as_str().unwrap().to_owned();
        let endpoint = json!({"org": org, "name": "av", "hosts": ["PC-1"]});
        let endpoint = made(server, &cookie, Method::POST, "/api-keys", &endpoint).await["key"].as_str().unwrap().to_owned();
        Operator { cookie, forwarder, endpoint }
    }

    /// Signs in by password: a new session on the record. The status of the answer where that does not work.
    pub(super) async fn sign_in_again(server: &Server) -> Result<String, StatusCode> {
        sign_in(server, "/session", &json!({"email": EMAIL, "password": PASSWORD})).await
    }

    /// Rows of a SELECT.
    pub(super) async fn hunt(&self, server: &Server, sql: &str) -> Option<Vec<Value>> {
        let question = json!({"sql": sql, "limit": 10_000});
        let answer = server.ask(&self.cookie, Method::POST, "/hunt", Some(&question)).await?;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.body["rows"].as_array().cloned()
    }

    /// The warnings of the duty page.
    pub(super) async fn warnings(&self, server: &Server) -> String {
        let answer = server.ask(&self.cookie, Method::GET, "/duty", None).await.unwrap();
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.body["health"]["warnings"].to_string()
    }
}

async fn made(server: &Server, cookie: &str, method: Method, path: &str, body: &Value) -> Value {
    let answer = server.ask(cookie, method, path, Some(body)).await.unwrap();
    assert!(answer.status.is_success(), "{path}: {}", answer.body);
    answer.body
}

async fn sign_in(server: &Server, path: &str, proof: &Value) -> Result<String, StatusCode> {
    let request = server.client.post(format!("{}/api/v1{path}", server.base)).header("x-hikeshi", "1").json(proof);
    let response = request.send().await.unwrap();
    if !response.status().is_success() {
        return Err(response.status());
    }
    let cookie = response.headers().get("set-cookie").unwrap().to_str().unwrap();
    Ok(cookie.split(';').next().unwrap().to_owned())
}
