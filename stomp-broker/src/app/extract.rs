//! What a handler may ask for.

use bytes::Bytes;
use serde::de::DeserializeOwned;
use stomp_proto::Headers;

use super::Request;
use crate::{Destination, Principal, Refusal, SessionId};

/// Something a handler takes as an argument, made from the request and the application's state.
pub trait FromRequest<S>: Sized {
    /// Extracts it.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] that tells the sender what is wrong with the request.
    fn from_request(request: &Request, state: &S) -> Result<Self, Refusal>;
}

/// The application's state.
#[derive(Debug, Clone, Copy)]
pub struct State<S>(pub S);

impl<S: Clone> FromRequest<S> for State<S> {
    fn from_request(_: &Request, state: &S) -> Result<Self, Refusal> {
        Ok(Self(state.clone()))
    }
}

/// The body, from JSON; as an answer, a body of JSON.
///
/// `Option<Json<T>>` is `None` for an empty body, such as every SUBSCRIBE has.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

impl<S, T: DeserializeOwned> FromRequest<S> for Json<T> {
    fn from_request(request: &Request, _: &S) -> Result<Self, Refusal> {
        serde_json::from_slice(&request.body)
            .map(Self)
            .map_err(|error| Refusal::new("the body is not the JSON expected").text(format!("{error}\n")))
    }
}

impl<S, T: DeserializeOwned> FromRequest<S> for Option<Json<T>> {
    fn from_request(request: &Request, state: &S) -> Result<Self, Refusal> {
        if request.body.is_empty() { Ok(None) } else { Json::from_request(request, state).map(Some) }
    }
}

/// The body as it is; as an answer, a body of unknown type.
#[derive(Debug, Clone)]
pub struct Body(pub Bytes);

impl<S> FromRequest<S> for Body {
    fn from_request(request: &Request, _: &S) -> Result<Self, Refusal> {
        Ok(Self(request.body.clone()))
    }
}

/// The body as text.
impl<S> FromRequest<S> for String {
    fn from_request(request: &Request, _: &S) -> Result<Self, Refusal> {
        let text = Self::from_utf8(request.body.to_vec());
        text.map_err(|_| Refusal::new("the body is not UTF-8"))
    }
}

macro_rules! from_field {
    ($($type:ty = $field:ident),* $(,)?) => {$(
        impl<S> FromRequest<S> for $type {
            fn from_request(request: &Request, _: &S) -> Result<Self, Refusal> {
                Ok(request.$field.clone())
            }
        }
    )*};
}
from_field!(Principal = principal, Headers = headers, Destination = destination, SessionId = session);

impl<S> FromRequest<S> for Request {
    fn from_request(request: &Request, _: &S) -> Result<Self, Refusal> {
        Ok(request.clone())
    }
}
