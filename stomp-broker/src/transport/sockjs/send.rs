//! `xhr_send`: messages from the client.

use std::time::Duration;

use axum::{
    body::{Body, to_bytes},
    extract::State,
    response::{IntoResponse, Response},
};
use bytes::BytesMut;
use http::{StatusCode, header::CONTENT_TYPE};
use tokio::time::timeout;

use super::{SessionId, TEXT, caller::Caller, frame, session::Session};
use crate::{Server, transport::upgrade::max_frame};

/// How long a request may take to bring its body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Hands the messages to the session's connection; answers when it has room for them. For a session that is over
/// there is no such URL any more, though a receiver may still ask why.
pub(super) async fn xhr_send(
    State(server): State<Server>,
    SessionId(id): SessionId,
    caller: Caller,
    body: Body,
) -> Response {
    let Some(session) = server.sockjs().find(&id, &caller).filter(|session| !session.is_over()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Ok(body) = timeout(BODY_TIMEOUT, to_bytes(body, max_body(&server, &session))).await else {
        return StatusCode::REQUEST_TIMEOUT.into_response();
    };
    let Ok(body) = body else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    if body.is_empty() {
        return (StatusCode::INTERNAL_SERVER_ERROR, "Payload expected.").into_response();
    }
    let mut octets = BytesMut::new();
    if frame::decode(&body, |message| octets.extend_from_slice(message.as_bytes())).is_err() {
        return (StatusCode::INTERNAL_SERVER_ERROR, "Broken JSON encoding.").into_response();
    }
    if !octets.is_empty() && session.incoming.send(octets.freeze()).await.is_err() {
        return StatusCode::NOT_FOUND.into_response();
    }
    (StatusCode::NO_CONTENT, [(CONTENT_TYPE, TEXT)]).into_response()
}

/// The octets that one request may bring: those of a frame, as it is quoted.
fn max_body(server: &Server, session: &Session) -> usize {
    let config = server.config();
    let limits = if server.sockjs().is_stranger(session) { config.login_limits } else { config.limits };
    frame::max_quoted(max_frame(limits))
}
