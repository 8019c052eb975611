//! A rule's page: the text as it was written, who wrote it, under which licence; why it is refused, if it is.

use hikeshi_domain::role::Role;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::fixture::Fixture;

const MSHTA: &str = "ddb6c624-7dcc-5c29-af03-1f14e6ffd859";

#[tokio::test]
async fn a_shipped_rule_is_shown_as_it_was_written() {
    let fixture = Fixture::start().await;
    let org = fixture.organization("ours").await;
    let reader = fixture.visitor(Role::Reader, Some(org)).await;
    let page = fixture.get(&reader, &format!("/rules/{MSHTA}")).await;
    assert_eq!((&page["rule"]["level"], &page["rule"]["author"]), (&Value::from("high"), &Value::from("Hikeshi project")));
    assert_eq!((&page["text"]["license"], &page["refused"]), (&Value::from("Apache-2.0"), &Value::Null));
    let yaml = page["text"]["yaml"].as_str().unwrap();
    assert!(yaml.contains("condition: host and code") && yaml.contains(MSHTA), "{yaml}");
    let missing = fixture.by(&reader, Method::GET, "/rules/no-such-rule").send().await.unwrap();
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_refused_rule_says_why_beside_its_text() {
    let folder = tempfile::tempdir().unwrap();
    let broken = "title: Broken\nid: 5b1f2a44-0000-4000-8000-000000000001\nlogsource: {product: windows}\ndetection:\n    a: {x: 1}\n    condition: a and nothing_of_that_name\n";
    let good = "title: Good\nid: 5b1f2a44-0000-4000-8000-000000000002\nlicense: DRL-1.1\nlogsource: {product: windows}\ndetection:\n    a: {x: 1}\n    condition: a\n";
    std::fs::write(folder.path().join("broken.yml"), broken).unwrap();
    std::fs::write(folder.path().join("good.yml"), good).unwrap();
    let fixture = Fixture::start_with(vec![folder.path().to_owned()], None).await;
    let operator = fixture.visitor(Role::Operator, None).await;
    let listed = fixture.get(&operator, "/rules").await;
    assert_eq!((listed["items"].as_array().unwrap().len(), listed["refused"].as_array().unwrap().len()), (1, 1), "{listed}");
    let page = fixture.get(&operator, &format!("/rules/{}", listed["refused"][0]["id"].as_str().unwrap())).await;
    assert!(page["rule"].is_null() && page["refused"]["reason"].as_str().is_some_and(|why| why.contains("nothing_of_that_name")), "{page}");
    assert_eq!(page["text"]["yaml"], broken);
    let page = fixture.get(&operator, "/rules/5b1f2a44-0000-4000-8000-000000000002").await;
    assert_eq!((&page["text"]["license"], &page["text"]["yaml"]), (&Value::from("DRL-1.1"), &Value::from(good)));
}
