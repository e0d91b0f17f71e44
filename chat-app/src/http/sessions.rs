//! `/auth/sessions`: where a member is logged in.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Http, caller::Caller, cookie, error::Result, extract::Path};
use crate::domain::{Session, SessionId};

pub(super) fn router() -> OpenApiRouter<Http> {
    OpenApiRouter::new().routes(routes!(sessions)).routes(routes!(end_session)).routes(routes!(end_sessions))
}

/// The devices that the member is logged in on, the one used last first.
#[utoipa::path(get, path = "/auth/sessions", tag = "auth", responses((status = 200, body = [Session])))]
async fn sessions(State(http): State<Http>, Caller(identity): Caller) -> Result<Json<Vec<Session>>> {
    Ok(Json(http.auth.sessions(&identity).await?))
}

/// Logs out on a device.
#[utoipa::path(delete, path = "/auth/sessions/{id}", tag = "auth", params(SessionId), responses((status = 204)))]
async fn end_session(
    State(http): State<Http>,
    caller: Caller,
    Path(id): Path<SessionId>,
) -> Result<StatusCode> {
    http.auth.end_session(caller.id(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Logs out everywhere.
#[utoipa::path(post, path = "/auth/logout-all", tag = "auth", responses((status = 204)))]
async fn end_sessions(State(http): State<Http>, caller: Caller) -> Result<Response> {
    http.auth.end_sessions(caller.id(), None).await?;
    Ok((cookie::clear(), StatusCode::NO_CONTENT).into_response())
}
