//! The description of the HTTP interface.

use std::collections::HashSet;

use serde_json::Value;

use crate::support::TestApp;

/// All operations with their paths and methods.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, item)| {
            let item = item.as_object().unwrap().iter();
            item.map(move |(method, operation)| (&**path, &**method, operation))
        })
        .collect()
}

fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("$ref").and_then(Value::as_str));
            fields.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_operation_has_a_name_of_its_own_and_all_it_refers_to_is_there() {
    let document = TestApp::start().await.get("/openapi.json").await.ok();
    assert_eq!(document["openapi"], "3.1.0");
    let mut names = HashSet::new();
    for (path, method, operation) in operations(&document) {
        assert!(names.insert(operation["operationId"].as_str().unwrap()), "{method} {path}");
        assert!(operation["summary"].is_string(), "{method} {path}");
        assert!(operation["responses"].get("500").is_some(), "{method} {path}");
        for (status, response) in operation["responses"].as_object().unwrap() {
            let described = response["description"].as_str().is_some_and(|text| !text.is_empty());
            assert!(described || response.get("$ref").is_some(), "{method} {path} {status}");
        }
    }
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn what_says_that_it_is_open_is_and_nothing_else() {
    let app = TestApp::start().await;
    let document = app.get("/openapi.json").await.ok();
    for (path, method, operation) in operations(&document) {
        let path = path.split('/').map(|part| if part.starts_with('{') { "1" } else { part });
        let path = path.collect::<Vec<_>>().join("/");
        let request = app.request(method.to_uppercase().parse().unwrap(), &path);
        let status = request.send().await.unwrap().status();
        let is_open = operation["security"].as_array().is_some_and(|schemes| !schemes.is_empty());
        if !is_open {
            assert_eq!(status, 401, "{method} {path}");
        }
        assert_ne!(status, 405, "{method} {path}");
    }
}

#[tokio::test]
async fn the_description_is_read_in_a_browser_without_other_hosts() {
    let app = TestApp::start().await;
    let page = app.get("/docs/").await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(!page.text.contains("http://") && !page.text.contains("https://"), "{}", page.text);
    let settings = app.get("/docs/swagger-initializer.js").await;
    assert!(settings.text.contains("/openapi.json"));
}
