//! `/member/me/export`: all of a member's own data, to take away.

use axum::{
    body::Body,
    extract::State,
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use tokio_util::io::ReaderStream;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Http, caller::Caller, error::Result};

pub(super) fn router() -> OpenApiRouter<Http> {
    OpenApiRouter::new().routes(routes!(export))
}

/// All of the member's own data: who it is, how it logs in, its rooms, whom it blocks, what it said, its files.
#[utoipa::path(
    get,
    path = "/member/me/export",
    tag = "members",
    responses((status = 200, content_type = "application/zip", body = [u8]))
)]
async fn export(State(http): State<Http>, Caller(identity): Caller) -> Result<Response> {
    let id = identity.member.id;
    let documents = vec![
        ("me.json", serde_json::to_vec_pretty(&http.chat.me(id).await?)?),
        ("accounts.json", serde_json::to_vec_pretty(&http.auth.linked(id).await?)?),
        ("sessions.json", serde_json::to_vec_pretty(&http.auth.sessions(&identity).await?)?),
        ("blocked.json", serde_json::to_vec_pretty(&http.chat.blocked(id).await?)?),
        ("rooms.json", serde_json::to_vec_pretty(&http.chat.my_rooms(id).await?)?),
    ];
    let archive = http.files.export(id, documents).await?;
    let headers =
        [(CONTENT_TYPE, "application/zip"), (CONTENT_DISPOSITION, "attachment; filename=\"export.zip\"")];
    let body = Body::from_stream(ReaderStream::new(tokio::fs::File::from_std(archive)));
    Ok((headers, body).into_response())
}
