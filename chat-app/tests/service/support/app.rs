//! The service on a free port.

use std::{io, net::SocketAddr, ops::Deref, path::PathBuf};

use chat_app::{
    Config, Listening,
    limits::{Rate, Rates},
    store::{PostgresStore, SqliteStore, Store},
};
use reqwest::{Client, Method, RequestBuilder, header::HeaderMap, redirect::Policy};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};

use super::User;

/// A running service; it stops when it is dropped.
pub(crate) struct TestApp {
    pub(crate) dir: TempDir,
    database_url: Option<String>,
    metrics: Option<SocketAddr>,
    /// Where STOMP over TCP is served.
    pub(crate) stomp: Option<SocketAddr>,
    remote: Remote,
    stop: oneshot::Sender<()>,
    served: JoinHandle<io::Result<()>>,
}

/// A service somewhere.
pub(crate) struct Remote {
    pub(crate) address: SocketAddr,
    client: Client,
}

/// A rate that no test reaches.
fn plenty() -> Rate {
    Rate::new(100_000, 1).unwrap()
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// With other settings than those for tests.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), change).await
    }

    /// On data that is there.
    pub(crate) async fn start_in(dir: TempDir, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = config(dir.path().to_owned());
        change(&mut config);
        let listening = Listening::bind(&config).await.unwrap();
        let (remote, stomp) = (Remote::at(listening.http_address()), listening.stomp_address());
        let metrics = listening.metrics_address();
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(listening.serve(async {
            let _ = stopped.await;
        }));
        Self { dir, database_url: config.database_url, metrics, stomp, remote, stop, served }
    }

    /// What it has counted.
    pub(crate) async fn metrics(&self) -> String {
        let address = self.metrics.expect("a port for the numbers");
        Answer::of(self.remote.client.get(format!("http://{address}/metrics"))).await.text
    }

    /// Stops it gracefully; the data stay.
    pub(crate) async fn stop(self) -> TempDir {
        drop(self.stop);
        self.served.await.unwrap().unwrap();
        self.dir
    }

    /// Its database, opened beside it.
    pub(crate) async fn store(&self) -> Box<dyn Store> {
        match &self.database_url {
            Some(url) => Box::new(PostgresStore::open(url).await.unwrap()),
            None => Box::new(SqliteStore::open(&self.dir.path().join("chat.db")).await.unwrap()),
        }
    }
}

impl Deref for TestApp {
    type Target = Remote;

    fn deref(&self) -> &Remote {
        &self.remote
    }
}

/// The settings of tests, on data in a directory.
pub(crate) fn config(data_dir: PathBuf) -> Config {
    let rates = Rates {
        login: plenty(),
        sign_up: plenty(),
        guest: plenty(),
        send: plenty(),
        stomp: plenty(),
        ..Rates::default()
    };
    Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        data_dir,
        connections_per_member: 1_000.try_into().unwrap(),
        rates,
        ..Config::default()
    }
}

impl Remote {
    pub(crate) fn at(address: SocketAddr) -> Self {
        let client = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        Self { address, client }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(body)).await
    }

    /// Somebody who came without an account.
    pub(crate) async fn guest(&self, name: &str) -> User<'_> {
        let body = serde_json::json!({ "name": name });
        User::new(self, &self.post("/auth/guest?transport=body", &body).await.ok())
    }

    /// Somebody with an account, logged in.
    pub(crate) async fn user(&self, name: &str) -> User<'_> {
        let email = format!("{name}@example.com");
        let account = serde_json::json!({ "name": name, "email": email, "password": "correct horse" });
        self.post("/member/create", &account).await.ok();
        User::new(self, &self.post("/member/doLogin?transport=body", &account).await.ok())
    }
}

/// What the service answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, text: response.text().await.unwrap() }
    }

    /// The body of a success.
    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        self.json()
    }

    /// The body of a refusal, which is of this status and code.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) -> Value {
        let body = self.json();
        assert_eq!((self.status, body["code"].as_str()), (status, Some(code)), "{self:?}");
        assert_eq!(body["status"], status);
        body
    }

    /// What an answer sets of that name, as it is sent back; `None` also if it is taken away.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        let set = self.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
        let mut pairs = set.filter_map(|cookie| cookie.split(';').next());
        let pair = pairs.find(|pair| pair.strip_prefix(name).is_some_and(|rest| rest.starts_with('=')))?;
        (!pair.ends_with('=')).then(|| pair.to_owned())
    }

    pub(crate) fn json(&self) -> Value {
        if self.text.is_empty() { Value::Null } else { serde_json::from_str(&self.text).unwrap() }
    }

    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {self:?}")).to_str().unwrap()
    }
}
