//! A push service, and devices that subscribe to it.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    routing::post,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::AbortHandle,
    time::timeout,
};
use web_push_native::{Auth, decrypt, p256::SecretKey};

/// A push service on loopback; it stops when it is dropped.
pub(crate) struct PushService {
    pub(crate) address: SocketAddr,
    taken: UnboundedReceiver<Pushed>,
    answers: Answers,
    task: AbortHandle,
}

/// What came for a device.
#[derive(Debug)]
pub(crate) struct Pushed {
    pub(crate) device: String,
    pub(crate) headers: HeaderMap,
    body: Bytes,
}

type Answers = Arc<Mutex<HashMap<String, Vec<StatusCode>>>>;

/// A browser's side of a subscription.
pub(crate) struct Device {
    key: SecretKey,
    secret: Auth,
    pub(crate) endpoint: String,
}

impl PushService {
    pub(crate) async fn start() -> Self {
        let (pushed, taken) = unbounded_channel();
        let answers = Answers::default();
        let router = Router::new().route("/{device}", post(take)).with_state((pushed, Arc::clone(&answers)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move { axum::serve(listener, router).await }).abort_handle();
        Self { address, taken, answers, task }
    }

    pub(crate) fn device(&self, name: &str) -> Device {
        let number = name.bytes().fold(7, u8::wrapping_add);
        Device {
            key: SecretKey::from_slice(&[number; 32]).unwrap(),
            secret: [number; 16].into(),
            endpoint: format!("http://{}/{name}", self.address),
        }
    }

    /// What the next messages for a device are answered with, before all others are taken.
    pub(crate) fn answer(&self, device: &str, answers: &[StatusCode]) {
        self.answers.lock().unwrap().insert(device.to_owned(), answers.to_vec());
    }

    /// What comes next.
    pub(crate) async fn next(&mut self) -> Pushed {
        let next = timeout(Duration::from_secs(20), self.taken.recv()).await;
        next.expect("a message in time").expect("the service runs")
    }
}

impl Drop for PushService {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn take(
    State((pushed, answers)): State<(UnboundedSender<Pushed>, Answers)>,
    Path(device): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let answer = answers
        .lock()
        .unwrap()
        .get_mut(&device)
        .and_then(|answers| if answers.is_empty() { None } else { Some(answers.remove(0)) });
    let _ = pushed.send(Pushed { device, headers, body });
    answer.unwrap_or(StatusCode::CREATED)
}

impl Device {
    /// As browsers write it.
    pub(crate) fn subscription(&self) -> Value {
        let key = BASE64_URL_SAFE_NO_PAD.encode(self.key.public_key().to_sec1_bytes());
        let secret = BASE64_URL_SAFE_NO_PAD.encode(self.secret);
        json!({ "endpoint": self.endpoint, "expirationTime": null, "keys": { "p256dh": key, "auth": secret } })
    }

    /// What only the device can read.
    pub(crate) fn read(&self, pushed: &Pushed) -> Value {
        let text = decrypt(pushed.body.to_vec(), &self.key, &self.secret).expect("sealed for this device");
        serde_json::from_slice(&text).unwrap()
    }
}
