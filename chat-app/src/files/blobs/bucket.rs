//! A bucket for tests: as much of the S3 API as files need, in memory, on loopback.

use std::{
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, Query, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::any,
};
use tokio::{net::TcpListener, task::AbortHandle};

/// The bucket; it stops when it is dropped.
pub(super) struct Bucket {
    pub(super) address: SocketAddr,
    pub(super) objects: Objects,
    task: AbortHandle,
}

type Objects = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;
type Parameters = HashMap<String, String>;

impl Bucket {
    pub(super) async fn start() -> Self {
        let objects = Objects::default();
        let router = Router::new()
            .route("/{*key}", any(answer))
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::clone(&objects));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move { axum::serve(listener, router).await }).abort_handle();
        Self { address, objects, task }
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(
    State(objects): State<Objects>,
    method: Method,
    Path(key): Path<String>,
    Query(query): Query<Parameters>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut objects = objects.lock().unwrap();
    let xml = |text: String| ([(header::CONTENT_TYPE, "application/xml")], text).into_response();
    let etag = [(header::ETAG, "\"etag\"")];
    match (method, query.get("partNumber")) {
        (Method::PUT, Some(part)) => {
            objects.insert(format!("{key}#{part:0>5}"), body.into());
            etag.into_response()
        }
        (Method::PUT, None) => {
            objects.insert(key, body.into());
            etag.into_response()
        }
        (Method::POST, _) if query.contains_key("uploads") => xml(format!(
            "<InitiateMultipartUploadResult><UploadId>{key}</UploadId></InitiateMultipartUploadResult>"
        )),
        (Method::POST, _) if query.contains_key("uploadId") => {
            let parts =
                objects.extract_if(format!("{key}#").., |name, _| name.starts_with(&format!("{key}#")));
            let whole = parts.flat_map(|(_, part)| part).collect();
            objects.insert(key, whole);
            xml("<CompleteMultipartUploadResult><ETag>etag</ETag></CompleteMultipartUploadResult>".to_owned())
        }
        (Method::POST, _) => {
            let (bucket, text) = (key.trim_end_matches('/'), String::from_utf8_lossy(&body));
            let names = text.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next());
            let deleted = names.map(|name| {
                objects.remove(&format!("{bucket}/{name}"));
                format!("<Deleted><Key>{name}</Key></Deleted>")
            });
            xml(format!("<DeleteResult>{}</DeleteResult>", deleted.collect::<String>()))
        }
        (Method::GET, _) => get(objects.get(&key), &headers),
        _ => StatusCode::NOT_IMPLEMENTED.into_response(),
    }
}

fn get(object: Option<&Vec<u8>>, headers: &HeaderMap) -> Response {
    let Some(object) = object else { return StatusCode::NOT_FOUND.into_response() };
    let known = [(header::ETAG, "\"etag\""), (header::LAST_MODIFIED, "Sat, 21 Nov 2026 05:20:00 GMT")];
    let range = headers.get(header::RANGE).map(|range| range.to_str().unwrap().trim_start_matches("bytes="));
    match range.and_then(|range| range.split_once('-')) {
        Some((from, to)) => {
            let part = &object[from.parse().unwrap()..=to.parse().unwrap()];
            let place = format!("bytes {from}-{to}/{}", object.len());
            (StatusCode::PARTIAL_CONTENT, known, [(header::CONTENT_RANGE, place)], part.to_vec())
                .into_response()
        }
        None => (known, object.clone()).into_response(),
    }
}
