//! The description of the HTTP interface: `/openapi.json`, and `/docs` to read it in a browser.
//!
//! Each handler describes what it takes and what it answers when it succeeds; what all of them have in common is added
//! here, so that it cannot be forgotten.

use axum::{
    Router,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use utoipa::{
    OpenApi, ToResponse,
    openapi::{
        HeaderBuilder, Object, Ref, RefOr, Type,
        path::{Operation, PathItem},
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_swagger_ui::{Config, SwaggerUi, Url};

use crate::error::ErrorReport;

/// What is no operation's own.
pub(super) fn outline() -> utoipa::openapi::OpenApi {
    let mut document = Outline::openapi();
    if let Some(components) = &mut document.components {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
    document
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "chat-app",
        description = "Chat over HTTP. What happens in rooms is told over STOMP, at `/ws-connect`.",
        license(name = "MIT OR Apache-2.0")
    ),
    components(schemas(ErrorReport<'_>), responses(Refused<'_>, RateLimited<'_>)),
    security(("bearer" = [])),
)]
struct Outline;

/// Refused, or failed; `code` says why.
#[derive(ToResponse)]
pub(super) struct Refused<'a>(
    #[expect(dead_code, reason = "it is the body of the description")] ErrorReport<'a>,
);

/// Asked for too often.
#[derive(ToResponse)]
#[response(headers(
    ("Retry-After" = u64, description = "Seconds until one more is allowed"),
    ("X-RateLimit-Limit" = u32, description = "How many are allowed at once"),
    ("X-RateLimit-Remaining" = u32, description = "How many still are: 0"),
    ("X-RateLimit-Reset" = u64, description = "Seconds until one more is allowed"),
))]
struct RateLimited<'a>(#[expect(dead_code, reason = "it is the body of the description")] ErrorReport<'a>);

/// Serves the description of what is routed.
pub(super) fn router<S: Clone + Send + Sync + 'static>(mut document: utoipa::openapi::OpenApi) -> Router<S> {
    let operations = document.paths.paths.values_mut().flat_map(operations);
    operations.for_each(|operation| {
        describe_refusals(operation);
        describe_page(operation);
        name_successes(operation);
    });
    let json = Bytes::from(document.to_json().expect("a description has a JSON form"));
    let serve = move || async move { answer(json) };
    let page = SwaggerUi::new("/docs").config(Config::new([Url::new("chat-app", "/openapi.json")]));
    Router::from(page).route("/openapi.json", get(serve))
}

fn answer(json: Bytes) -> Response {
    ([(CONTENT_TYPE, "application/json")], json).into_response()
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, patch, delete, .. } = item;
    [get, put, post, patch, delete].into_iter().flatten()
}

/// What may come of any request of this kind, besides what its handler says.
fn describe_refusals(operation: &mut Operation) {
    let is_open = operation.security.as_ref().is_some_and(|schemes| !schemes.is_empty());
    let parameters = operation.parameters.as_deref().unwrap_or_default();
    let has_body = operation.request_body.is_some();
    let names_something = !parameters.is_empty() || has_body;
    let refusals = [
        ("400", true),
        ("401", !is_open),
        ("403", true),
        ("404", names_something),
        ("409", names_something),
        ("408", true),
        ("413", has_body),
        ("415", has_body),
        ("500", true),
        ("503", true),
    ];
    let responses = &mut operation.responses.responses;
    for (status, _) in refusals.into_iter().filter(|(_, applies)| *applies) {
        let refused = || RefOr::Ref(Ref::from_response_name("Refused"));
        responses.entry(status.to_owned()).or_insert_with(refused);
    }
    let limited = || RefOr::Ref(Ref::from_response_name("RateLimited"));
    responses.entry("429".to_owned()).or_insert_with(limited);
}

/// Whatever takes a limit says whether there is more.
fn describe_page(operation: &mut Operation) {
    let parameters = operation.parameters.as_deref().unwrap_or_default();
    let is_page =
        parameters.iter().any(|parameter| matches!(parameter, RefOr::T(own) if own.name == "limit"));
    if let Some(RefOr::T(page)) = operation.responses.responses.get_mut("200").filter(|_| is_page) {
        let header = HeaderBuilder::new()
            .schema(Some(Object::with_type(Type::Boolean)))
            .description(Some(
                "Whether there is more: newer ones if asked for those after, else beyond this page",
            ))
            .build();
        page.headers.insert("X-Has-More".to_owned(), RefOr::T(header));
    }
}

/// A response without a description is none (OpenAPI 3.1, 4.8.17).
fn name_successes(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            let reason = status.parse().ok().and_then(|status: StatusCode| status.canonical_reason());
            response.description = reason.unwrap_or_default().to_owned();
        }
    }
}
