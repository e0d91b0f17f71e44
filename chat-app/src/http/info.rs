//! What the service is.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Http, error::Result};
use crate::{
    domain::{Locale, MAX_BYTES, MAX_CHARS, MAX_FILES, MAX_PARTICIPANTS, Provider, Registration},
    files::MAX_AVATAR,
    limits::Rates,
};

pub(super) fn router() -> OpenApiRouter<Http> {
    OpenApiRouter::new().routes(routes!(info))
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Info {
    name: &'static str,
    version: &'static str,
    limits: InfoLimits,
    providers: Vec<Provider>,
    registration_mode: Registration,
    /// Whether guests may come.
    guests: bool,
    locales: [Locale; 2],
    site_name: String,
    /// Whether the first administrator is to be made.
    setup_required: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct InfoLimits {
    message_chars: usize,
    message_bytes: usize,
    room_members: i64,
    /// Octets.
    file_bytes: u64,
    message_files: usize,
    /// Octets.
    avatar_bytes: u64,
    access_token_seconds: u64,
    /// Connections of a member at once.
    connections_per_member: u32,
    rates: InfoRates,
}

/// Each as COUNT/SECONDS/BURST.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct InfoRates {
    login: String,
    sign_up: String,
    guest: String,
    send: String,
}

impl From<Rates> for InfoRates {
    fn from(rates: Rates) -> Self {
        Self {
            login: rates.login.to_string(),
            sign_up: rates.sign_up.to_string(),
            guest: rates.guest.to_string(),
            send: rates.send.to_string(),
        }
    }
}

/// What the service is and allows.
#[utoipa::path(get, path = "/info", tag = "operation", security(()), responses((status = 200, body = Info)))]
async fn info(State(http): State<Http>) -> Result<Json<Info>> {
    let settings = http.admin.settings().await?;
    Ok(Json(Info {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        limits: InfoLimits {
            message_chars: MAX_CHARS,
            message_bytes: MAX_BYTES,
            room_members: MAX_PARTICIPANTS,
            file_bytes: http.files.settings().max_size,
            message_files: MAX_FILES,
            avatar_bytes: MAX_AVATAR,
            access_token_seconds: http.auth.access_lifetime().as_secs(),
            connections_per_member: http.connections_per_member.get(),
            rates: http.rates.into(),
        },
        providers: http.auth.providers().collect(),
        registration_mode: settings.registration_mode,
        guests: settings.guests,
        locales: Locale::ALL,
        site_name: settings.site_name,
        setup_required: http.admin.needs_setup().await?,
    }))
}
