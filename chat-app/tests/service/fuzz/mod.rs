//! Every operation of the description with input that nobody means well: no answer is a failure of the service, and
//! each is one that the description has.

mod hostile;
mod schema;

use std::cell::RefCell;

use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use self::{
    hostile::{BODIES, PATHS, bodies},
    schema::Document,
};
use crate::{
    postgres_server,
    support::{Answer, TestApp, User},
};

/// An operation to try.
struct Operation<'a> {
    method: Method,
    path: &'a str,
    description: &'a Value,
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, description)| Operation {
            method: method.to_uppercase().parse().unwrap(),
            path,
            description,
        })
    });
    operations.collect()
}

impl Operation<'_> {
    /// The path with `value` for everything in braces.
    fn path(&self, value: &str) -> String {
        let parts = self.path.split('/').map(|part| if part.starts_with('{') { value } else { part });
        parts.collect::<Vec<_>>().join("/")
    }

    /// All its parameters in the query, each with `value`.
    fn query(&self, value: &str) -> String {
        let parameters = self.description["parameters"].as_array().into_iter().flatten();
        let names =
            parameters.filter(|parameter| parameter["in"] == "query").map(|p| p["name"].as_str().unwrap());
        names.map(|name| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    }

    /// The schema of its body.
    fn body(&self) -> Option<&Value> {
        self.description.pointer("/requestBody/content/application~1json/schema")
    }

    /// Whether an answer is one of the description's; what is wrong if not.
    fn check(&self, document: &Document<'_>, answer: &Answer) -> Result<(), String> {
        if answer.status >= 500 {
            return Err("a failure".to_owned());
        }
        let response = document.resolve(&self.description["responses"][answer.status.to_string()]);
        if !response.is_object() {
            return Err("a status that is not described".to_owned());
        }
        match response.pointer("/content/application~1json/schema") {
            Some(schema) => {
                let body = serde_json::from_str(&answer.text).map_err(|error| error.to_string())?;
                document.check(schema, &body)
            }
            None => Ok(()),
        }
    }
}

/// Something to be found: a room with a message, where the first ids are somebody's.
async fn furnish(user: &User<'_>) {
    let room = user.create_room("room").await;
    user.say(room, "hello").await;
}

/// Whether trying it would end the test's own session.
fn ends_the_session(path: &str) -> bool {
    path.starts_with("/auth/log") || path.starts_with("/auth/sessions")
}

#[tokio::test]
async fn no_input_makes_the_service_fail_or_say_what_it_does_not_describe() {
    walk(&TestApp::start().await).await;
}

#[tokio::test]
async fn no_input_makes_the_service_on_postgres_fail_or_say_what_it_does_not_describe() {
    let database = postgres_server::database().await;
    walk(&TestApp::start_with(|config| config.database_url = Some(database)).await).await;
}

/// Asks every operation for everything.
async fn walk(app: &TestApp) {
    let text = app.get("/openapi.json").await.ok();
    let document = Document(&text);
    let user = app.user("kim").await;
    furnish(&user).await;
    let problems = RefCell::new(Vec::new());
    for operation in operations(&text) {
        if ends_the_session(operation.path)
            || (operation.method == Method::DELETE && operation.path == "/member/me")
        {
            continue;
        }
        let request = |path: &str| app.request(operation.method.clone(), path).bearer_auth(&user.token);
        let ask = async |request: RequestBuilder, input: &str| {
            let answer = Answer::of(request).await;
            let input: String = input.chars().take(200).collect();
            let Operation { method, path, .. } = &operation;
            let told = |problem| {
                format!("{method} {path} with {input}: {problem}: {} {}", answer.status, answer.text)
            };
            problems.borrow_mut().extend(operation.check(&document, &answer).err().map(told));
        };
        for value in PATHS {
            let path = operation.path(value);
            ask(request(&path), &path).await;
            let query = format!("{}?{}", operation.path("1"), operation.query(value));
            ask(request(&query), &query).await;
        }
        let json = |body: Vec<u8>| {
            request(&operation.path("1")).header("content-type", "application/json").body(body)
        };
        for body in BODIES {
            ask(json(body.to_vec()), &String::from_utf8_lossy(body)).await;
        }
        for body in operation.body().map(|schema| bodies(&document, schema)).unwrap_or_default() {
            let body = body.to_string();
            ask(json(body.clone().into_bytes()), &body).await;
        }
    }
    app.get("/health/ready").await.ok();
    let problems = problems.take();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
