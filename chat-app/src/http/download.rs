//! A file as an answer: whole or in part, and so that no browser takes it for a page of this site.

use std::ops::Range;

use axum::{
    body::Body,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{
            ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
            CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, IF_RANGE, RANGE,
        },
    },
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http_range_header::parse_range_header;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use utoipa::IntoResponses;

use super::{
    error::{Error, Result},
    openapi::Refused,
};
use crate::{
    domain::MemberId,
    error::Code,
    files::{Files, Part, thumb_type},
    store::KeptFile,
};

/// Types that are shown in place: those that pictures are made anew in.
const SHOWN: [&str; 3] = ["image/gif", "image/jpeg", "image/png"];

/// What a file opened as a page may do: nothing.
const POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox");

/// Kept by the browser of who may read it, for as long as it may not be asked for again.
const CACHING: HeaderValue = HeaderValue::from_static("private, max-age=3600");

/// What needs no encoding in a parameter (RFC 8187, 3.2.1).
const PARAMETER: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What [`answer`] gives.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it is a description")]
pub(super) enum Content {
    /// The file.
    #[response(status = 200, content_type = "*/*")]
    Whole(Vec<u8>),
    /// The part asked for by `Range`.
    #[response(status = 206, content_type = "*/*")]
    Part(Vec<u8>),
    /// What `If-None-Match` names is the newest.
    #[response(status = 304)]
    NotModified,
    /// The file does not have the part asked for.
    #[response(status = 416)]
    Outside(#[ref_response] Refused<'static>),
}

/// Answers with a file or a part of it, as the request's headers say (RFC 9110, 13 and 14).
pub(super) async fn answer(
    files: &Files,
    token: &str,
    part: Part,
    reader: MemberId,
    request: &HeaderMap,
) -> Result<Response> {
    let file = files.find(token, reader).await?;
    let (content_type, size) = match (part, file.thumb_size) {
        (Part::Whole, _) => (file.content_type.as_str(), file.size),
        (Part::Thumb, Some(size)) => (thumb_type(&file.content_type), size),
        (Part::Thumb, None) => return Err(Code::NotFound.into()),
    };
    let size = u64::try_from(size).unwrap_or_default();
    let etag = etag(&file, part);
    let validators = [(ETAG, header(&etag)), (CACHE_CONTROL, CACHING)];
    if names(request.get(IF_NONE_MATCH), &etag) {
        return Ok((StatusCode::NOT_MODIFIED, validators).into_response());
    }
    let range = match range(request, &etag, size) {
        Ok(range) => range,
        Err(code) => {
            let size = [(CONTENT_RANGE, header(&format!("bytes */{size}")))];
            return Ok((size, Error::from(code)).into_response());
        }
    };
    let body = Body::from_stream(files.read(token, part, range.clone()).await?);
    let headers = [
        (CONTENT_TYPE, header(content_type)),
        (CONTENT_DISPOSITION, header(&disposition(content_type, &file.name))),
        (CONTENT_SECURITY_POLICY, POLICY),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
        (ACCEPT_RANGES, HeaderValue::from_static("bytes")),
    ];
    let content = (validators, headers);
    Ok(match range {
        None => ([(CONTENT_LENGTH, HeaderValue::from(size))], content, body).into_response(),
        Some(Range { start, end }) => {
            let place = header(&format!("bytes {start}-{}/{size}", end - 1));
            let place = [(CONTENT_LENGTH, HeaderValue::from(end - start)), (CONTENT_RANGE, place)];
            (StatusCode::PARTIAL_CONTENT, place, content, body).into_response()
        }
    })
}

/// What the content is known by.
fn etag(file: &KeptFile, part: Part) -> String {
    let hash = URL_SAFE_NO_PAD.encode(&file.sha256);
    match part {
        Part::Whole => format!("\"{hash}\""),
        Part::Thumb => format!("\"{hash}.thumb\""),
    }
}

/// Whether a list of entity tags has this one.
fn names(list: Option<&HeaderValue>, etag: &str) -> bool {
    let list = list.and_then(|list| list.to_str().ok()).unwrap_or_default();
    list.split(',').any(|one| [etag, "*"].contains(&one.trim().trim_start_matches("W/")))
}

/// The one range asked for. Several, and what is no range, may be answered with the whole (RFC 9110, 14.2).
fn range(request: &HeaderMap, etag: &str, size: u64) -> Result<Option<Range<u64>>, Code> {
    let Some(range) = request.get(RANGE).and_then(|range| range.to_str().ok()) else { return Ok(None) };
    if request.get(IF_RANGE).is_some_and(|condition| condition != etag) {
        return Ok(None);
    }
    match parse_range_header(range) {
        Ok(ranges) if ranges.ranges.len() == 1 => match ranges.validate(size).as_deref() {
            Ok([range]) if size > 0 => Ok(Some(*range.start()..*range.end() + 1)),
            _ => Err(Code::RangeNotSatisfiable),
        },
        _ => Ok(None),
    }
}

/// To be shown or to be saved, and under which name (RFC 6266).
fn disposition(content_type: &str, name: &str) -> String {
    let kind = if SHOWN.contains(&content_type) { "inline" } else { "attachment" };
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-._ ".contains(c) { c } else { '_' };
    let fallback: String = name.chars().map(plain).collect();
    format!("{kind}; filename=\"{fallback}\"; filename*=UTF-8''{}", utf8_percent_encode(name, &PARAMETER))
}

/// Text without control characters as a header; ours has none.
fn header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(range: &'static str, size: u64) -> Result<Option<Range<u64>>, Code> {
        let headers = HeaderMap::from_iter([(RANGE, HeaderValue::from_static(range))]);
        super::range(&headers, "\"a\"", size)
    }

    #[test]
    fn one_range_is_taken_and_what_is_none_is_passed_over() {
        assert_eq!(asked("bytes=0-3", 10), Ok(Some(0..4)));
        assert_eq!(asked("bytes=7-", 10), Ok(Some(7..10)));
        assert_eq!(asked("bytes=-3", 10), Ok(Some(7..10)));
        assert_eq!(asked("bytes=5-99", 10), Ok(Some(5..10)));
        for range in ["bytes=0-1,4-5", "lines=1-2", "bytes=b-a", ""] {
            assert_eq!(asked(range, 10), Ok(None), "{range}");
        }
        for (range, size) in [("bytes=10-", 10), ("bytes=0-", 0)] {
            assert_eq!(asked(range, size), Err(Code::RangeNotSatisfiable), "{range}");
        }
    }

    #[test]
    fn a_range_of_another_content_is_passed_over() {
        let headers = HeaderMap::from_iter([
            (RANGE, HeaderValue::from_static("bytes=0-3")),
            (IF_RANGE, HeaderValue::from_static("\"b\"")),
        ]);
        assert_eq!(range(&headers, "\"a\"", 10), Ok(None));
        assert_eq!(range(&headers, "\"b\"", 10), Ok(Some(0..4)));
    }

    #[test]
    fn entity_tags_are_found_in_lists() {
        for list in ["\"a\"", "\"b\", W/\"a\"", "*"] {
            assert!(names(Some(&HeaderValue::from_static(list)), "\"a\""), "{list}");
        }
        assert!(!names(Some(&HeaderValue::from_static("\"b\"")), "\"a\""));
        assert!(!names(None, "\"a\""));
    }

    #[test]
    fn only_pictures_are_shown_and_names_are_no_syntax() {
        assert!(disposition("image/png", "a.png").starts_with("inline; "));
        for content_type in ["text/html", "image/svg+xml", "application/pdf"] {
            assert!(disposition(content_type, "a").starts_with("attachment; "));
        }
        assert_eq!(
            disposition("text/html", "한\"; x=\\.html"),
            "attachment; filename=\"___ x__.html\"; filename*=UTF-8''%ED%95%9C%22%3B%20x%3D%5C.html"
        );
    }
}
