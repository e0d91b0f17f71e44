//! The HTTP interface: one router per file, errors and headers that all of them share.

mod account;
mod admin;
mod auth;
mod caller;
mod changes;
mod cookie;
mod cors;
mod download;
mod error;
mod export;
mod extract;
mod files;
mod grant;
mod guard;
mod health;
mod info;
mod invites;
mod members;
mod membership;
mod messages;
mod moderation;
mod oauth;
mod observe;
mod openapi;
mod page;
mod push;
mod reports;
mod room_export;
mod rooms;
mod sessions;

use std::{num::NonZeroU32, sync::Arc};

use axum::{Router, extract::DefaultBodyLimit, middleware};
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer};
use utoipa_axum::router::OpenApiRouter;

pub(crate) use self::error::Error;
use crate::{Origin, admin::Admin, auth::Auth, chat::Chat, files::Files, limits::Rates, push::Push, ui};

/// Octets of a request's body, at most.
const MAX_BODY: usize = 64 * 1024;

/// What the handlers share; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    pub(crate) auth: Auth,
    pub(crate) admin: Admin,
    pub(crate) chat: Chat,
    pub(crate) files: Files,
    pub(crate) push: Push,
    pub(crate) rates: Rates,
    pub(crate) connections_per_member: NonZeroU32,
    pub(crate) public_url: Option<Origin>,
    pub(crate) allowed_origins: Arc<[Origin]>,
}

/// The API and the client.
pub(crate) fn router(http: Http) -> Router {
    let (api, mut document) = OpenApiRouter::with_openapi(openapi::outline())
        .merge(auth::router())
        .merge(sessions::router())
        .merge(account::router())
        .merge(members::router())
        .merge(rooms::router())
        .merge(room_export::router())
        .merge(membership::router())
        .merge(invites::router())
        .merge(messages::router())
        .merge(changes::router())
        .merge(health::router())
        .merge(info::router())
        .merge(push::router())
        .merge(oauth::router())
        .merge(admin::router())
        .merge(moderation::router())
        .merge(reports::router())
        .split_for_parts();
    // Providers are other sites, and send people back to it.
    let (callback, its_document) = oauth::callback_router().split_for_parts();
    document.merge(its_document);
    let (files, its_document) = files::router(&http);
    document.merge(its_document);
    let cors = cors::layer(&http.allowed_origins);
    let api = api
        .merge(openapi::router(document))
        // Inside of what answers for other origins, which asks by a method of its own.
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(middleware::from_fn_with_state(http.clone(), guard::refuse_foreign_origins))
        .layer(cors.clone())
        .merge(callback)
        .layer(middleware::map_response(guard::forbid_storing))
        .layer(DefaultBodyLimit::max(MAX_BODY));
    let files = files.method_not_allowed_fallback(error::method_not_allowed).layer(cors);
    limited(api.with_state(http).fallback(ui::serve).layer(CompressionLayer::new())).merge(files)
}

/// What a server without the API tells of itself.
pub(crate) fn health_router(http: Http) -> Router {
    let (health, _) = health::router().split_for_parts();
    limited(health.with_state(http).fallback(error::not_found))
}

/// Routes whose requests may take as long as any but files.
pub(crate) fn limited(router: Router) -> Router {
    router.layer(middleware::from_fn_with_state(guard::REQUEST_TIMEOUT, guard::limit_time))
}

/// What holds for every route. The endpoints of STOMP are merged before: they bring their own state and are not
/// compressed, for a stream of frames must not wait in a compressor.
pub(crate) fn frame(router: Router) -> Router {
    router
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(middleware::from_fn(guard::refuse_nul))
        .layer(middleware::from_fn(error::render))
        .layer(middleware::map_response(guard::harden))
        .layer(middleware::from_fn(observe::observe))
}
