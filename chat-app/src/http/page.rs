//! Lists that are read page by page.

use axum::{
    Json,
    http::HeaderName,
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::domain::Problems;

/// Whether there is more behind this page.
pub(super) const HAS_MORE: HeaderName = HeaderName::from_static("x-has-more");

/// The size of a page: what is asked for if that is within `1..=max`, or `max`.
pub(super) fn limit(asked: Option<i64>, default: i64, max: i64) -> Result<i64, Problems> {
    let limit = asked.unwrap_or(default);
    if (1..=max).contains(&limit) {
        Ok(limit)
    } else {
        Err(Problems::one("limit", "a number within the limits"))
    }
}

/// A page of a list that was asked for with one item more than it has.
pub(super) fn page<T: Serialize>(mut items: Vec<T>, limit: i64) -> Response {
    let limit = usize::try_from(limit).unwrap_or_default();
    let has_more = items.len() > limit;
    items.truncate(limit);
    ([(HAS_MORE, has_more.to_string())], Json(items)).into_response()
}
