//! Whether the service is up, and what it is.

use axum::{Json, Router, extract::State, routing::get};
use serde_json::{Value, json};

use super::{Http, error::Result};
use crate::{
    auth::ACCESS_LIFETIME,
    domain::{Locale, MAX_BYTES, MAX_CHARS, MAX_PARTICIPANTS},
};

pub(super) fn router() -> Router<Http> {
    Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .route("/info", get(info))
}

async fn live() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

async fn ready(State(http): State<Http>) -> Result<Json<Value>> {
    http.chat.ready().await?;
    Ok(Json(json!({ "status": "ok" })))
}

async fn info(State(http): State<Http>) -> Json<Value> {
    Json(json!({
        "name": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "limits": {
            "messageChars": MAX_CHARS,
            "messageBytes": MAX_BYTES,
            "roomMembers": MAX_PARTICIPANTS,
            "accessTokenSeconds": ACCESS_LIFETIME.as_secs(),
            "rates": {
                "login": http.rates.login.to_string(),
                "signUp": http.rates.sign_up.to_string(),
                "guest": http.rates.guest.to_string(),
                "send": http.rates.send.to_string(),
            },
        },
        "providers": [],
        "registrationMode": "open",
        "guests": true,
        "locales": Locale::ALL,
    }))
}
