//! Black at the first report, and grey that later data turn black: which versions of the flash report there are, which mails go out, how often.

use hikeshi_domain::api_key::KeyScope;
use hikeshi_domain::flash_report::IssuedReport;
use hikeshi_domain::role::Role;
use hikeshi_domain::verdict::Verdict;
use hikeshi_domain::{FlashReportId, OrganizationId};
use hikeshi_record::{Change, Context, Job, JobState};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::fixture::{Fixture, Visitor};

const HASH: &str = "aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899";
const IMAGE: &str = r"C:\Users\y\AppData\Roaming\tool.exe";
const FOLLOW: &str = "triage-follow";

/// A desk, an organisation with a list of known bad, its key, and an operator who sees the outbox.
struct Scene {
    fixture: Fixture,
    org: OrganizationId,
    operator: Visitor,
    key: String,
    detected_at: Timestamp,
}

impl Scene {
    async fn start() -> Scene {
        let fixture = Fixture::start().await;
        let org = fixture.organization("ours").await;
        let operator = fixture.visitor(Role::Operator, None).await;
        let key = fixture.key(org, KeyScope::Forwarder { name: "wef".to_owned() }).await;
        let list = fixture.by(&operator, Method::POST, &format!("/lists?name=abuse&kind=bad&source=test&org={org}")).body(HASH);
        assert_eq!(list.send().await.unwrap().status(), StatusCode::CREATED);
        let detected_at = fixture.desk.now() - SignedDuration::from_mins(5);
        Scene { fixture, org, operator, key, detected_at }
    }

    /// The start of the program that the list knows, some seconds before the detection; committed when this returns.
    async fn program_starts(&self, record: u64) {
        let time = self.detected_at - SignedDuration::from_secs(30 - i64::try_from(record).unwrap());
        let event = json!({
            "Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1, "Computer": "PC-1", "EventRecordID": record, "TimeCreated": time,
            "UtcTime": time, "ProcessGuid": format!("{{{record}}}"), "ProcessId": 70 + record, "Image": IMAGE, "CommandLine": "tool.exe",
            "ParentProcessGuid": "{0}", "ParentImage": "C:\\Windows\\explorer.exe", "Hashes": format!("SHA256={HASH}"),
        });
        let sent = self.fixture.request(Method::POST, "/events").bearer_auth(&self.key).body(event.to_string()).send().await.unwrap();
        assert_eq!(sent.status(), StatusCode::ACCEPTED);
        self.fixture.desk.telemetry.lake.flush().await;
    }

    /// An alert that names the program by its path alone.
    async fn alert(&self) -> String {
        let raised = json!({
            "id": "1", "host": "PC-1", "detected_at": self.detected_at, "source_kind": "endpoint", "product": "AV", "name": "Trojan:Test",
            "action": "detected", "file": {"path": IMAGE}, "process": {"guid": "{1}"},
        });
        let (status, receipt) = self.fixture.alert(&self.key, &raised).await;
        assert_eq!(status, StatusCode::CREATED, "{receipt}");
        receipt["id"].as_str().unwrap().to_owned()
    }

    /// Triage runs again, and has run.
    async fn again(&self, alert: &str, runs: usize) -> Value {
        let (status, _) = self.fixture.post(&self.operator, &format!("/alerts/{alert}/triage"), &json!({})).await;
        assert!(status.is_success(), "{status}");
        let page = format!("/alerts/{alert}");
        self.fixture.until(&self.operator, &page, |page| page["versions"].as_array().unwrap().len() == runs).await
    }

    /// A look of those that follow an alert, now; it is over when this returns.
    async fn look(&self, alert: &str) {
        let context = Context::system("test").within(self.org);
        let look = Job::new(FOLLOW, &json!({"alert": alert, "forced": false, "follows": false}));
        let before = self.waiting().await.len();
        self.fixture.desk.store.change(&context, Change::new("triage.look", "").enqueue(look)).await.unwrap();
        while self.waiting().await.len() > before {
            tokio::task::yield_now().await;
        }
    }

    /// The payloads of the looks that wait or are under way.
    async fn waiting(&self) -> Vec<Value> {
        let jobs = self.fixture.desk.store.jobs(&Context::system("test"), FOLLOW, JobState::Waiting, 100).await.unwrap();
        jobs.iter().map(|job| serde_json::from_str(&job.payload).unwrap()).collect()
    }

    /// Verdict and version of each version of the alert's flash report, all of one number; the mails on it; whether it has a case.
    async fn told(&self, alert: &str) -> (Vec<(Verdict, u32)>, usize, bool) {
        let page = self.fixture.get(&self.operator, &format!("/alerts/{alert}")).await;
        let id = FlashReportId(page["report"]["id"].as_str().unwrap().parse().unwrap());
        let context = Context::system("test");
        let (store, mut versions) = (&self.fixture.desk.store, Vec::new());
        let latest = store.get::<IssuedReport>(&context, id.0).await.unwrap();
        for version in 1..=latest.version {
            let report = store.get_version::<IssuedReport>(&context, id.0, version).await.unwrap().report.clone();
            assert_eq!((&report.reference, report.due_at), (&latest.report.reference, latest.report.due_at));
            versions.push((report.triage.judgement.verdict, report.version));
        }
        let mails = self.fixture.get(&self.operator, "/messages").await["items"].as_array().unwrap().len();
        (versions, mails, page["alert"]["case"].is_object())
    }
}

// covers: S3-35
#[tokio::test]
async fn black_at_the_first_report_is_mailed_then_and_never_again() {
    let scene = Scene::start().await;
    scene.program_starts(1).await;
    let alert = scene.alert().await;
    scene.fixture.triaged(&scene.operator, &alert).await;
    assert_eq!(scene.told(&alert).await, (vec![(Verdict::Black, 1)], 1, true));
    scene.look(&alert).await;
    assert_eq!(scene.told(&alert).await, (vec![(Verdict::Black, 1)], 1, true), "a look that finds the same says nothing");
    scene.program_starts(2).await;
    scene.again(&alert, 2).await;
    assert_eq!(scene.told(&alert).await, (vec![(Verdict::Black, 1), (Verdict::Black, 2)], 1, true));
}

// covers: S3-35
#[tokio::test]
async fn grey_that_later_data_turn_black_is_mailed_when_it_turns_and_never_again() {
    let scene = Scene::start().await;
    let alert = scene.alert().await;
    scene.fixture.triaged(&scene.operator, &alert).await;
    assert_eq!(scene.told(&alert).await, (vec![(Verdict::Grey, 1)], 0, false), "grey is not mailed");
    let waiting = scene.waiting().await;
    assert_eq!(waiting.len(), 1, "one job follows the alert");
    assert_eq!(waiting[0]["seen_to"], json!(null), "nothing of the host has been seen: whatever is received first is news");
    scene.look(&alert).await;
    assert_eq!(scene.told(&alert).await.0, [(Verdict::Grey, 1)], "still nothing");
    scene.program_starts(1).await;
    scene.look(&alert).await;
    let turned = (vec![(Verdict::Grey, 1), (Verdict::Black, 2)], 1, true);
    assert_eq!(scene.told(&alert).await, turned);
    scene.look(&alert).await;
    assert_eq!(scene.told(&alert).await, turned);
    scene.again(&alert, 3).await;
    let (versions, mails, _) = scene.told(&alert).await;
    assert_eq!((versions.len(), mails), (3, 1), "asked for again it is another version, and no mail");
}
