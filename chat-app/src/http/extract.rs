//! What handlers read from requests; what cannot be read is refused in the service's own words.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{
        ConnectInfo, FromRequest, FromRequestParts, OptionalFromRequest, Request,
        multipart::{MultipartError, MultipartRejection},
        rejection::{BytesRejection, JsonRejection, PathRejection, QueryRejection},
    },
    http::{
        HeaderMap, StatusCode,
        header::{ACCEPT_LANGUAGE, USER_AGENT},
        request::Parts,
    },
};
use bytes::Bytes;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};

use super::error::Error;
use crate::{
    auth,
    domain::{Locale, Problems},
    error::{ChatError, Code},
    object::Object,
};

/// The body, from an object of JSON.
#[derive(Debug)]
pub(super) struct Json<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let axum::Json(Object(body)) =
            <axum::Json<Object<T>> as FromRequest<S>>::from_request(request, state).await?;
        Ok(Self(body))
    }
}

/// A body of JSON may be missing, whatever the headers say that it is, or `null`.
impl<S: Send + Sync, T: DeserializeOwned> OptionalFromRequest<S> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Error> {
        let headers = request.headers().clone();
        let body = Bytes::from_request(request, state).await.map_err(refuse_bytes)?;
        if body.is_empty() {
            return Ok(None);
        }
        let mut request = Request::new(body.into());
        *request.headers_mut() = headers;
        let axum::Json(body) =
            <axum::Json<Option<Object<T>>> as FromRequest<S>>::from_request(request, state).await?;
        Ok(body.map(|Object(body)| Self(body)))
    }
}

/// The query string.
#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Error))]
pub(super) struct Query<T>(pub(super) T);

/// The parameters of the path.
#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Error))]
pub(super) struct Path<T>(pub(super) T);

/// Where a request comes from: the socket, for headers can say anything.
#[derive(Debug)]
pub(super) struct Device {
    ip: IpAddr,
    user_agent: Option<String>,
}

impl Device {
    /// As logins need it.
    pub(super) fn as_login(&self) -> auth::Device<'_> {
        auth::Device { ip: self.ip, user_agent: self.user_agent.as_deref() }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Device {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let ConnectInfo(address) = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .ok_or(ChatError::Internal("the server does not say where requests come from"))?;
        let user_agent =
            parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok(Self { ip: address.ip(), user_agent })
    }
}

/// Tells a field that is `null` from one that is not given, with `#[serde(default)]`.
pub(super) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// The language that a request asks for.
pub(super) fn locale(headers: &HeaderMap) -> Locale {
    let languages = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    languages.map_or_else(Locale::default, Locale::negotiate)
}

impl From<JsonRejection> for Error {
    fn from(rejection: JsonRejection) -> Self {
        match rejection {
            JsonRejection::JsonDataError(_) => {
                Problems::one("body", "the fields and types of this request").into()
            }
            JsonRejection::JsonSyntaxError(_) => Code::MalformedJson.into(),
            JsonRejection::MissingJsonContentType(_) => Code::UnsupportedMedia.into(),
            JsonRejection::BytesRejection(rejection) => refuse_bytes(rejection),
            _ => Code::MalformedJson.into(),
        }
    }
}

impl From<QueryRejection> for Error {
    fn from(_: QueryRejection) -> Self {
        Problems::one("query", "the parameters and types of this request").into()
    }
}

impl From<PathRejection> for Error {
    /// No resource has such a name.
    fn from(_: PathRejection) -> Self {
        Code::NotFound.into()
    }
}

impl From<MultipartRejection> for Error {
    fn from(_: MultipartRejection) -> Self {
        Code::UnsupportedMedia.into()
    }
}

impl From<MultipartError> for Error {
    fn from(error: MultipartError) -> Self {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return Code::PayloadTooLarge.into();
        }
        Problems::one("body", "a form of multipart/form-data").into()
    }
}

/// Refuses a body that cannot be read to its end.
fn refuse_bytes(rejection: BytesRejection) -> Error {
    let too_large = rejection.status() == StatusCode::PAYLOAD_TOO_LARGE;
    if too_large { Code::PayloadTooLarge.into() } else { Code::MalformedJson.into() }
}
