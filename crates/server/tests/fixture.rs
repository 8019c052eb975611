//! A desk of its own for each test: folder, port, organisations, people.

use std::path::PathBuf;
use std::time::Duration;

use hikeshi_access::Caller;
use hikeshi_desk::open::{Open, Opening, open};
use hikeshi_desk::organization::{self, Choices};
use hikeshi_desk::{Desk, api_key, session};
use hikeshi_domain::api_key::KeyScope;
use hikeshi_domain::person::Person;
use hikeshi_domain::phrase::Language;
use hikeshi_domain::role::{Grant, Role};
use hikeshi_domain::settings::Secret;
use hikeshi_domain::{OrganizationId, PersonId};
use hikeshi_record::{Change, Context, Expect};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::waiting;

/// A running server and its desk.
pub(crate) struct Fixture {
    pub(crate) desk: Desk,
    pub(crate) base: String,
    client: Client,
    _background: JoinSet<()>,
    _folder: TempDir,
}

/// Somebody who signed in.
pub(crate) struct Visitor {
    pub(crate) cookie: String,
}

impl Visitor {
    /// Whoever was sent this cookie.
    pub(crate) fn of_cookie(header: impl AsRef<str>) -> Visitor {
        Visitor { cookie: header.as_ref().split(';').next().unwrap().to_owned() }
    }
}

impl Fixture {
    /// On the embedded record.
    pub(crate) async fn start() -> Fixture {
        Self::start_with(Vec::new(), None).await
    }

    /// With folders of rules (none: the shipped ones), on a record in PostgreSQL (none: the embedded one).
    pub(crate) async fn start_with(rules: Vec<PathBuf>, record: Option<Secret>) -> Fixture {
        Self::start_as(|opening| Opening { rules, record, ..opening }).await
    }

    /// With what a test wants otherwise.
    pub(crate) async fn start_as(choose: impl FnOnce(Opening) -> Opening) -> Fixture {
        Self::start_in(tempfile::tempdir().unwrap(), choose).await
    }

    /// Another node of the same installation, with the same keys.
    pub(crate) async fn start_beside(&self, record: Secret) -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (self._folder.path().join("data/keys"), folder.path().join("data/keys"));
        std::fs::create_dir_all(&to).unwrap();
        for key in std::fs::read_dir(from).unwrap() {
            let key = key.unwrap();
            std::fs::copy(key.path(), to.join(key.file_name())).unwrap();
        }
        Self::start_in(folder, |opening| Opening { record: Some(record), ..opening }).await
    }

    async fn start_in(folder: TempDir, choose: impl FnOnce(Opening) -> Opening) -> Fixture {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let opening = choose(Opening { address: base.clone(), ..Opening::of(folder.path().join("data")) });
        let Open { desk, mut background } = open(&opening).await.unwrap();
        let serving = hikeshi_server::serve(listener, desk.clone(), hikeshi_server::Config::default(), std::future::pending());
        background.spawn(async move { serving.await.unwrap() });
        let client = Client::builder().timeout(Duration::from_secs(60)).build().unwrap();
        Fixture { desk, base, client, _background: background, _folder: folder }
    }

    pub(crate) async fn organization(&self, name: &str) -> OrganizationId {
        let choices = Choices {
            name: name.to_owned(),
            time_zone: "Asia/Tokyo".to_owned(),
            language: Language::Ja,
            retention_days: 90,
            contacts: Vec::new(),
        };
        organization::add(&self.desk, &Caller::desk("test", "test"), choices, None).await.unwrap().id
    }

    /// Signs somebody in who holds that role in that organisation, or everywhere.
    pub(crate) async fn visitor(&self, role: Role, org: Option<OrganizationId>) -> Visitor {
        let id = PersonId(Uuid::now_v7());
        let person = Person {
            id,
            name: format!("{} {id}", role.name()),
            email: format!("{id}@example.com"),
            language: Language::En,
            time_zone: "Asia/Tokyo".to_owned(),
            password: None,
            second_factor: None,
            enrolling: None,
            grants: vec![Grant { role, org }],
            created_at: self.desk.now(),
            disabled_at: None,
        };
        self.desk.store.change(&Context::system("test"), Change::new("person.add", "").put(&person, Expect::New)).await.unwrap();
        let link = session::issue_link(&self.desk, id).await.unwrap();
        let request = self.client.post(format!("{}/api/v1/session/link", self.base)).header("x-hikeshi", "1");
        let response = request.json(&json!({ "token": link })).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let cookie = response.headers().get("set-cookie").unwrap().to_str().unwrap();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        Visitor::of_cookie(cookie)
    }

    pub(crate) async fn key(&self, org: OrganizationId, scope: KeyScope) -> String {
        api_key::add(&self.desk, &Caller::desk("test", "test"), org, "test", scope).await.unwrap().secret
    }

    /// A request of nobody.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}/api/v1{path}", self.base))
    }

    /// A request of somebody, as the console sends it.
    pub(crate) fn by(&self, visitor: &Visitor, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path).header("cookie", &visitor.cookie).header("x-hikeshi", "1").header("accept-language", "en")
    }

    pub(crate) async fn get(&self, visitor: &Visitor, path: &str) -> Value {
        let response = self.by(visitor, Method::GET, path).send().await.unwrap();
        let status = response.status();
        let body = response.text().await.unwrap();
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    pub(crate) async fn post(&self, visitor: &Visitor, path: &str, body: &Value) -> (StatusCode, Value) {
        let response = self.by(visitor, Method::POST, path).json(body).send().await.unwrap();
        let status = response.status();
        (status, response.json().await.unwrap_or(Value::Null))
    }

    /// Sends an alert by key.
    pub(crate) async fn alert(&self, key: &str, body: &Value) -> (StatusCode, Value) {
        let response = self.request(Method::POST, "/alerts").bearer_auth(key).json(body).send().await.unwrap();
        let status = response.status();
        (status, response.json().await.unwrap())
    }

    /// The alert's page, once triage has looked.
    pub(crate) async fn triaged(&self, visitor: &Visitor, alert: &str) -> Value {
        self.until(visitor, &format!("/alerts/{alert}"), |page| page["alert"]["state"] != "received").await
    }

    /// A page, once it is as awaited.
    pub(crate) async fn until(&self, visitor: &Visitor, path: &str, awaited: impl Fn(&Value) -> bool) -> Value {
        waiting::until(path, async || Some(self.get(visitor, path).await).filter(|page| awaited(page))).await
    }
}

/// An alert of an antivirus.
pub(crate) fn product_alert(id: &str, host: &str, sha256: &str) -> Value {
    json!({
        "id": id, "host": host, "detected_at": "2026-11-21T03:08:12Z", "source_kind": "endpoint", "product": "AV", "name": "Trojan:Test",
        "action": "detected", "file": {"path": "C:\\Users\\y\\AppData\\Roaming\\svch0st.exe", "sha256": sha256},
    })
}
