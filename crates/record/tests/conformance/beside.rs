//! What stands beside entities: keys taken once, numbers without gaps, jobs until they are done.

use hikeshi_record::{Change, Error, ErrorKind, Job, JobState};
use jiff::SignedDuration;

use crate::fixture::*;

on_both!(
    a_key_is_taken_once,
    one_of_many_takes_a_key,
    numbers_have_no_gaps,
    a_job_is_done_once,
    a_lease_runs_out,
    a_job_is_tried_with_patience_and_then_set_aside,
    a_job_and_its_effect_are_one,
    looking_for_work_wakes_nobody,
    due_jobs_are_counted_behind_any_number_of_later_ones,
);

async fn a_key_is_taken_once(place: Place) {
    let store = place.open().await;
    let context = in_org(TOKYO);
    let first = note(TOKYO, "");
    store.change(&context, made(&first).claim_key("alert", "AV-1", first.id)).await.unwrap();
    let second = note(TOKYO, "");
    let refused = store.change(&context, made(&second).claim_key("alert", "AV-1", second.id)).await.unwrap_err();
    assert_eq!(refused, Error::Claimed { namespace: "alert".to_owned(), name: "AV-1".to_owned(), holder: first.id.to_string() });
    assert!(store.get::<Note>(&context, second.id).await.is_err());
    assert_eq!(store.key_holder(&context, Some(TOKYO), "alert", "AV-1").await.unwrap(), Some(first.id.to_string()));
    // The same key of another organisation is another key.
    store.change(&in_org(OSAKA), Change::new("claim", "").claim_key("alert", "AV-1", "x")).await.unwrap();
    store.change(&context, Change::new("release", "").release_key("alert", "AV-1")).await.unwrap();
    store.change(&context, made(&second).claim_key("alert", "AV-1", second.id)).await.unwrap();
}

async fn one_of_many_takes_a_key(place: Place) {
    let store = place.open().await;
    let tasks: Vec<_> = (0..20)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { store.change(&in_org(TOKYO), Change::new("claim", "").claim_key("once", "k", number)).await.is_ok() })
        })
        .collect();
    let mut taken = 0;
    for task in tasks {
        taken += u32::from(task.await.unwrap());
    }
    assert_eq!(taken, 1);
}

async fn numbers_have_no_gaps(place: Place) {
    let store = place.open().await;
    let context = in_org(TOKYO);
    let series = "flash-report/2026-11-22";
    for expected in 1..=3 {
        assert_eq!(store.next_number(&context, Some(TOKYO), series).await.unwrap(), expected);
        store.change(&context, made(&note(TOKYO, "")).take_number(series, expected)).await.unwrap();
    }
    let lost = store.change(&context, made(&note(TOKYO, "")).take_number(series, 3)).await.unwrap_err();
    assert_eq!(lost, Error::NumberTaken { series: series.to_owned(), asked: 3, next: 4 });
    assert_eq!(store.next_number(&context, Some(TOKYO), series).await.unwrap(), 4);
    assert_eq!(store.next_number(&everywhere(), None, series).await.unwrap(), 1);
}

async fn a_job_is_done_once(place: Place) {
    let store = place.open().await;
    let context = in_org(TOKYO);
    let later = place.hands.now() + SignedDuration::from_secs(100);
    let change =
        Change::new("mail.queue", "").enqueue(Job::new("mail", &("to", 1))).enqueue(Job::new("mail", &("later", 2)).not_before(later));
    store.change(&context, change).await.unwrap();
    let lease = SignedDuration::from_secs(30);
    let claimed = store.claim_jobs(&everywhere(), "mail", 10, lease).await.unwrap();
    let [job] = claimed.as_slice() else { panic!("one job is due: {claimed:?}") };
    assert_eq!((job.payload::<(String, i32)>().unwrap(), job.attempt, job.org), (("to".to_owned(), 1), 1, Some(TOKYO)));
    assert!(store.claim_jobs(&everywhere(), "mail", 10, lease).await.unwrap().is_empty());
    assert!(store.claim_jobs(&everywhere(), "other", 10, lease).await.unwrap().is_empty());
    store.finish_job(&everywhere(), job).await.unwrap();
    assert_eq!(store.finish_job(&everywhere(), job).await.unwrap_err(), Error::LeaseLost { job: job.id });
    place.hands.set(1_800_000_100);
    assert_eq!(store.claim_jobs(&everywhere(), "mail", 10, lease).await.unwrap().len(), 1);
}

async fn a_lease_runs_out(place: Place) {
    let store = place.open().await;
    store.change(&in_org(TOKYO), Change::new("queue", "").enqueue(Job::new("work", &1).attempts(2))).await.unwrap();
    let lease = SignedDuration::from_secs(30);
    let claim = async || store.claim_jobs(&everywhere(), "work", 1, lease).await.unwrap().pop();
    let first = claim().await.unwrap();
    place.hands.set(1_800_000_030);
    let second = claim().await.unwrap();
    assert_eq!((second.id, second.attempt), (first.id, 2));
    assert_eq!(store.finish_job(&everywhere(), &first).await.unwrap_err(), Error::LeaseLost { job: first.id });
    place.hands.set(1_800_000_060);
    assert_eq!(claim().await, None);
    let failed = store.jobs(&everywhere(), "work", JobState::Failed, 10).await.unwrap();
    assert_eq!((failed.len(), failed[0].attempt), (1, 2));
}

async fn a_job_is_tried_with_patience_and_then_set_aside(place: Place) {
    let store = place.open().await;
    let context = everywhere();
    store.change(&in_org(TOKYO), Change::new("queue", "").enqueue(Job::new("work", &1).attempts(2))).await.unwrap();
    let lease = SignedDuration::from_secs(30);
    let first = store.claim_jobs(&context, "work", 1, lease).await.unwrap().pop().unwrap();
    assert_eq!(first.backoff(), SignedDuration::from_secs(2));
    let state = store.retry_job(&context, &first, "接続できない", first.backoff()).await.unwrap();
    assert_eq!(state, JobState::Waiting);
    assert!(store.claim_jobs(&context, "work", 1, lease).await.unwrap().is_empty());
    place.hands.set(1_800_000_002);
    let second = store.claim_jobs(&context, "work", 1, lease).await.unwrap().pop().unwrap();
    assert_eq!((second.attempt, second.backoff()), (2, SignedDuration::from_secs(4)));
    assert_eq!(store.retry_job(&context, &first, "late", lease).await.unwrap_err(), Error::LeaseLost { job: first.id });
    assert_eq!(store.retry_job(&context, &second, "拒否された", lease).await.unwrap(), JobState::Failed);
    let [failed] = store.jobs(&in_org(TOKYO), "work", JobState::Failed, 10).await.unwrap().try_into().unwrap();
    assert_eq!((failed.last_error.as_deref(), failed.attempt, failed.org), (Some("拒否された"), 2, Some(TOKYO)));
    assert_eq!(store.requeue_job(&in_org(OSAKA), failed.id).await.unwrap_err().kind(), ErrorKind::NotFound);
    store.requeue_job(&in_org(TOKYO), failed.id).await.unwrap();
    assert_eq!(store.claim_jobs(&context, "work", 1, lease).await.unwrap().pop().unwrap().attempt, 1);
}

async fn a_job_and_its_effect_are_one(place: Place) {
    let store = place.open().await;
    let context = in_org(TOKYO);
    let entity = note(TOKYO, "");
    store.change(&context, made(&entity).enqueue(Job::new("work", &1))).await.unwrap();
    let job = store.claim_jobs(&context, "work", 1, SignedDuration::from_secs(30)).await.unwrap().pop().unwrap();
    let effect = |version| Change::new("work.done", "").put(&entity, hikeshi_record::Expect::Version(version)).finish(&job);
    assert_eq!(store.change(&context, effect(7)).await.unwrap_err().kind(), ErrorKind::Conflict);
    store.change(&context, effect(1)).await.unwrap();
    assert_eq!(store.change(&context, effect(2)).await.unwrap_err(), Error::LeaseLost { job: job.id });
    assert_eq!(store.get::<Note>(&context, entity.id).await.unwrap().version, 2);
}

async fn looking_for_work_wakes_nobody(place: Place) {
    let store = place.open().await;
    let lease = SignedDuration::from_secs(30);
    let mut commits = store.committed();
    let woken = async |commits: &mut hikeshi_record::Commits| tokio::time::timeout(std::time::Duration::ZERO, commits.next()).await.is_ok();
    assert!(store.claim_jobs(&everywhere(), "work", 1, lease).await.unwrap().is_empty());
    assert!(!woken(&mut commits).await);
    store.change(&in_org(TOKYO), Change::new("queue", "").enqueue(Job::new("work", &1))).await.unwrap();
    assert!(woken(&mut commits).await, "a new job wakes the worker");
    let job = store.claim_jobs(&everywhere(), "work", 1, lease).await.unwrap().pop().unwrap();
    store.finish_job(&everywhere(), &job).await.unwrap();
    assert!(!woken(&mut commits).await, "the end of a job is no work");
}

async fn due_jobs_are_counted_behind_any_number_of_later_ones(place: Place) {
    let store = place.open().await;
    let later = jiff::Timestamp::from_second(1_800_000_300).unwrap();
    let many = (0..1_100).fold(Change::new("queue", ""), |change, number| change.enqueue(Job::new("work", &number).not_before(later)));
    store.change(&in_org(TOKYO), many).await.unwrap();
    let due = async |context, most| store.due_jobs(&context, "work", most).await.unwrap();
    assert_eq!(due(everywhere(), 50).await, 0);
    let three = (0..3).fold(Change::new("queue", ""), |change, number| change.enqueue(Job::new("work", &number)));
    store.change(&in_org(OSAKA), three).await.unwrap();
    assert_eq!((due(everywhere(), 50).await, due(everywhere(), 2).await), (3, 2));
    assert_eq!((due(in_org(OSAKA), 50).await, due(in_org(TOKYO), 50).await), (3, 0));
    let held = store.claim_jobs(&everywhere(), "work", 1, SignedDuration::from_secs(30)).await.unwrap();
    assert_eq!((held.len(), due(everywhere(), 50).await), (1, 2));
}
