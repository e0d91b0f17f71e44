//! `[metrics]`: what operators ask for by HTTP.

use std::error::Error;

use axum::{Json, Router, http::StatusCode, routing::get};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use stomp_broker::Handle;

/// Has everything counted from now on. Once for a process.
pub(super) fn count() -> Result<PrometheusHandle, Box<dyn Error>> {
    Ok(PrometheusBuilder::new().install_recorder()?)
}

/// `/metrics` for Prometheus, `/health` for load balancers, `/statistics` and `/sessions` for people.
pub(super) fn router(handle: Handle, metrics: PrometheusHandle) -> Router {
    let [health, statistics, sessions] = [handle.clone(), handle.clone(), handle];
    let health = move || async move {
        if health.is_ready() {
            (StatusCode::OK, "ready\n")
        } else {
            (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
        }
    };
    let metrics = move || async move {
        metrics.run_upkeep();
        metrics.render()
    };
    Router::new()
        .route("/health", get(health))
        .route("/metrics", get(metrics))
        .route("/statistics", get(move || async move { Json(statistics.statistics()) }))
        .route("/sessions", get(move || async move { Json(sessions.sessions()) }))
}
