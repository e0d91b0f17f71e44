//! `/push`: the devices on which a member is told of messages when it is not connected.

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Http, caller::Caller, error::Result, extract};
use crate::{domain::Timestamp, push::Subscription, store::NewSubscription};

pub(super) fn router() -> OpenApiRouter<Http> {
    OpenApiRouter::new().routes(routes!(key)).routes(routes!(subscribe, unsubscribe))
}

#[derive(Serialize, ToSchema)]
struct Key {
    /// In base64url, for `applicationServerKey`.
    key: String,
}

/// The key that a browser subscribes for (VAPID).
#[utoipa::path(get, path = "/push/key", tag = "push", security(()), responses((status = 200, body = Key)))]
async fn key(State(http): State<Http>) -> Json<Key> {
    Json(Key { key: http.push.public_key().to_owned() })
}

/// A `PushSubscription` as browsers write it.
#[derive(Deserialize, ToSchema)]
struct Subscribe {
    #[schema(format = "uri", max_length = 2048)]
    endpoint: String,
    keys: Keys,
}

#[derive(Deserialize, ToSchema)]
struct Keys {
    /// A public key in base64url.
    p256dh: String,
    /// A secret of 16 octets in base64url.
    auth: String,
}

/// Adds this device. It is told of messages until it is taken away, its session ends, or its push service says that
/// the subscription is over.
#[utoipa::path(post, path = "/push/subscription", tag = "push", responses((status = 204)))]
async fn subscribe(
    State(http): State<Http>,
    Caller(identity): Caller,
    extract::Json(body): extract::Json<Subscribe>,
) -> Result<StatusCode> {
    let Subscribe { endpoint, keys: Keys { p256dh, auth } } = &body;
    Subscription::parse(endpoint, p256dh, auth, http.push.reach())?;
    let (member, session) = (identity.member.id, identity.session);
    http.push
        .subscribe(NewSubscription { member, session, endpoint, p256dh, auth, now: Timestamp::now() })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
struct Unsubscribe {
    endpoint: String,
}

/// Takes a device away.
#[utoipa::path(delete, path = "/push/subscription", tag = "push", responses((status = 204)))]
async fn unsubscribe(
    State(http): State<Http>,
    caller: Caller,
    extract::Json(body): extract::Json<Unsubscribe>,
) -> Result<StatusCode> {
    http.push.unsubscribe(caller.id(), &body.endpoint).await?;
    Ok(StatusCode::NO_CONTENT)
}
