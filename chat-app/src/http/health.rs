//! Whether the service is up, and whether it can do its work.

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Http;
use crate::chat::Health;

pub(super) fn router() -> OpenApiRouter<Http> {
    OpenApiRouter::new().routes(routes!(live)).routes(routes!(ready))
}

#[derive(Serialize, ToSchema)]
struct Live {
    status: &'static str,
}

/// Whether the process answers.
#[utoipa::path(get, path = "/health/live", tag = "operation", security(()), responses((status = 200, body = Live)))]
async fn live() -> Json<Live> {
    Json(Live { status: "ok" })
}

#[derive(Serialize, ToSchema)]
struct Readiness {
    /// `ok` or `degraded`.
    status: &'static str,
    /// `up` or `down`.
    database: &'static str,
    /// Also `down` when Redis is, and when the server stops.
    broker: &'static str,
}

impl From<Health> for Readiness {
    fn from(health: Health) -> Self {
        let word = |is_up| if is_up { "up" } else { "down" };
        Self {
            status: if health.is_ready() { "ok" } else { "degraded" },
            database: word(health.database),
            broker: word(health.broker),
        }
    }
}

/// Whether the service can do its work: the database answers, Redis does, and the server does not stop. While Redis is
/// away, who is connected here goes on.
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "operation",
    security(()),
    responses((status = 200, body = Readiness), (status = 503, body = Readiness))
)]
async fn ready(State(http): State<Http>) -> (StatusCode, Json<Readiness>) {
    let health = http.chat.health().await;
    let status = if health.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(health.into()))
}
