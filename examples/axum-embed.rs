//! STOMP inside an axum application: its own routes and the broker's in one router, and handlers of both that publish.
//!
//! ```text
//! cargo run --example axum-embed                     # serves http://127.0.0.1:8081/
//! curl -d 'Hello' http://127.0.0.1:8081/announce     # reaches every subscriber of /topic/news
//! ```
//!
//! Clients connect to `ws://127.0.0.1:8081/stomp`, or by SockJS to `http://127.0.0.1:8081/sockjs`. A SEND to `/app/shout`
//! reaches all subscribers of `/topic/news` in capitals; a SUBSCRIBE to `/app/news` is answered with the latest news.

use std::{
    error::Error,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, extract::State as HttpState, http::StatusCode, routing};
use examples::{asked_to_stop, log_to_stderr};
use stomp_broker::{
    App, BrokerError, Destination, Handle, Open, Publish, Server,
    app::{SendTo, State},
};
use tokio::net::TcpListener;

type Latest = Arc<Mutex<String>>;

/// POST /announce
async fn announce(HttpState((latest, handle)): HttpState<(Latest, Handle)>, news: String) -> StatusCode {
    match publish(&handle, &latest, news).await {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn publish(handle: &Handle, latest: &Latest, news: String) -> Result<(), BrokerError> {
    latest.lock().expect("nobody panics with it").clone_from(&news);
    let topic = Destination::new("/topic/news").expect("a valid name");
    handle.publish(Publish::new(topic, news)).await
}

/// SEND to /app/shout
async fn shout(State(latest): State<Latest>, text: String) -> SendTo<&'static str, String> {
    let news = text.to_uppercase();
    latest.lock().expect("nobody panics with it").clone_from(&news);
    SendTo("/topic/news", news)
}

/// SUBSCRIBE to /app/news
async fn news(State(latest): State<Latest>) -> String {
    latest.lock().expect("nobody panics with it").clone()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    log_to_stderr();
    let latest = Latest::default();
    let app = App::new(Arc::clone(&latest)).send("/app/shout", shout).subscribe("/app/news", news);
    let server = Server::builder(Open, Open).topics("/topic").app(app).start().await?;

    let router = Router::new()
        .route("/", routing::get(async || "POST news to /announce, or connect to /stomp.\n"))
        .route("/announce", routing::post(announce))
        .with_state((latest, server.handle()))
        .merge(server.websocket_router("/stomp"))
        .merge(server.sockjs_router("/sockjs"));

    let listener = TcpListener::bind("127.0.0.1:8081").await?;
    println!("ready http://{}/", listener.local_addr()?);
    let mut stop = asked_to_stop();
    let drained = async {
        stop.next().await;
        server.drain(Duration::from_secs(3)).await;
    };
    server.serve_http(listener, router, drained).await?;
    Ok(())
}
