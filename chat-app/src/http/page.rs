//! Lists that are read page by page.

use axum::{
    Json,
    http::HeaderName,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use crate::domain::Problems;

/// Whether there is more behind this page.
pub(super) const HAS_MORE: HeaderName = HeaderName::from_static("x-has-more");

/// What to look for by name, page by page.
#[derive(Deserialize, IntoParams)]
pub(super) struct ByName {
    /// Part of the name; for administrators also of the address of a member.
    #[serde(default)]
    q: String,
    /// How many, at most.
    #[param(minimum = 1, maximum = 100, default = 100)]
    limit: Option<i64>,
    /// The id of the last one of the page before; `cursor` means the same.
    #[serde(alias = "cursor")]
    pub(super) after: Option<i64>,
}

impl ByName {
    /// The part of the name, and the size of the page.
    pub(super) fn parse(&self) -> Result<(&str, i64), Problems> {
        Ok((self.q.trim(), limit(self.limit, 100, 100)?))
    }
}

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
