//! What a broker counts: for Prometheus, and for any STOMP client.
//!
//! ```text
//! cargo run --example metrics                       # STOMP on 127.0.0.1:61616, HTTP on 127.0.0.1:9464
//! curl http://127.0.0.1:9464/metrics                # counters of the `metrics` facade
//! curl http://127.0.0.1:9464/sessions               # who is connected, as JSON
//! curl http://127.0.0.1:9464/destinations           # what they listen to
//! curl -i http://127.0.0.1:9464/health              # 503 while the server drains
//! ```
//!
//! A client that subscribes to `/$SYS/**` gets the numbers every five seconds.

use std::{error::Error, time::Duration};

use axum::{Json, Router, http::StatusCode, routing::get};
use examples::{asked_to_stop, log_to_stderr};
use metrics_exporter_prometheus::PrometheusBuilder;
use stomp_broker::{Handle, Open, Server};
use tokio::net::TcpListener;

fn routes(handle: Handle) -> Router {
    let [health, sessions, destinations] = [handle.clone(), handle.clone(), handle];
    let health = move || async move {
        if health.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
    };
    Router::new()
        .route("/health", get(health))
        .route("/sessions", get(move || async move { Json(sessions.sessions()) }))
        .route("/destinations", get(move || async move { Json(destinations.destinations()) }))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    log_to_stderr();
    // Before the server is started: what was counted without a recorder is gone.
    let metrics = PrometheusBuilder::new().install_recorder()?;
    let builder = Server::builder(Open, Open).topics("/topic").queues("/queue");
    let server = builder.statistics(Duration::from_secs(5)).start().await?;

    let router = routes(server.handle()).route("/metrics", get(move || async move { metrics.render() }));
    let (tcp, http) =
        (TcpListener::bind("127.0.0.1:61616").await?, TcpListener::bind("127.0.0.1:9464").await?);
    println!("ready tcp={} http={}", tcp.local_addr()?, http.local_addr()?);
    let mut stop = asked_to_stop();
    let drained = async {
        stop.next().await;
        server.drain(Duration::from_secs(3)).await;
    };
    tokio::try_join!(server.serve_tcp(tcp), server.serve_http(http, router, drained))?;
    Ok(())
}
