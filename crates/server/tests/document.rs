//! The API document is what the repository says it is.

#[test]
fn the_document_is_the_one_agreed() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    let document = format!("{}\n", hikeshi_server::document());
    if std::env::var_os("HIKESHI_WRITE_GOLDEN").is_some() {
        std::fs::write(path, &document).unwrap();
    }
    let agreed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        document == agreed,
        "the API changed; if that is meant, run the tests once with HIKESHI_WRITE_GOLDEN=1 and commit openapi.json"
    );
}
