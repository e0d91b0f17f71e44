//! `/file`: bringing and getting files, and the pictures of members.

use std::time::Duration;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Multipart, Request, State, multipart::Field},
    http::{HeaderMap, StatusCode, request::Parts},
    middleware,
    response::Response,
};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Http,
    caller::{Caller, bearer},
    cookie, download,
    error::{Error, Result},
    export,
    extract::Path,
    guard,
    openapi::Refused,
};
use crate::{
    auth::Identity,
    domain::{File, FileName, Member, Problems, RoomId},
    error::Code,
    files::{MAX_AVATAR, Part, Spool},
};

/// From the end of a request's headers to its answer: long enough for a large file on a slow line.
const TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// Octets of a body besides the largest file. Of a file that is too large so many are read before it is refused,
/// for browsers that are refused in the midst of sending do not read why.
const SLACK: u64 = 8 * 1024 * 1024;

/// Octets of a field that is no file, at most.
const MAX_FIELD: usize = 64;

/// Files are not compressed, for most of them are already and parts of them are asked for, and may take their time.
pub(super) fn router(http: &Http) -> (Router, utoipa::openapi::OpenApi) {
    let max_body = http.files.settings().max_size.saturating_add(SLACK);
    let (router, document) = OpenApiRouter::new()
        .routes(routes!(upload))
        .routes(routes!(set_avatar, remove_avatar))
        .routes(routes!(whole))
        .routes(routes!(thumb))
        .merge(export::router())
        .split_for_parts();
    let router = router
        .layer(middleware::from_fn_with_state(http.clone(), guard::refuse_foreign_origins))
        .layer(middleware::map_response(guard::forbid_storing))
        .layer(middleware::from_fn_with_state(TIMEOUT, guard::limit_time))
        .layer(DefaultBodyLimit::max(usize::try_from(max_body).unwrap_or(usize::MAX)));
    (router.with_state(http.clone()), document)
}

/// A file for a room.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the fields of a form")]
struct Upload {
    /// Where it may be sent; before the file, so that who may not is refused at once.
    #[schema(rename = "roomId")]
    room_id: RoomId,
    #[schema(value_type = String, format = Binary)]
    file: (),
}

/// Brings a file, to be sent in a room with `fileIds` within 24 hours. A picture is made anew of its pixels: what
/// else it had, such as where it was taken, is gone.
#[utoipa::path(
    post,
    path = "/file",
    tag = "files",
    request_body(content = Upload, content_type = "multipart/form-data"),
    responses((status = 201, body = File), (status = 507, response = Refused<'_>))
)]
async fn upload(
    State(http): State<Http>,
    caller: Caller,
    mut form: Form,
) -> Result<(StatusCode, Json<File>)> {
    let (mut room, mut file) = (None, None);
    while let Some(field) = form.next().await? {
        match field.name() {
            Some("roomId") => {
                let id = short_text(field).await?.trim().parse().ok();
                let id: RoomId = id.ok_or_else(|| Problems::one("roomId", "the room's id"))?;
                http.chat.require_participant(caller.id(), id).await?;
                room = Some(id);
            }
            Some("file") if file.is_none() => {
                let name = FileName::new(field.file_name().unwrap_or_default());
                let spool = http.files.begin(caller.id(), http.files.settings().max_size).await?;
                file = Some((name, receive(field, spool).await?));
            }
            _ => {}
        }
    }
    let mut problems = Problems::default();
    let room = problems.check(room, "roomId", "the room's id");
    let file = problems.check(file, "file", "a file");
    let (Some(room), Some((name, spool))) = (room, file) else { return Err(problems.into()) };
    let file = http.files.keep(caller.id(), room, name, spool).await?;
    Ok((StatusCode::CREATED, Json(file)))
}

/// A picture of who sends it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the fields of a form")]
struct Avatar {
    #[schema(value_type = String, format = Binary)]
    file: (),
}

/// Makes a picture the member's own, as a square of its middle.
#[utoipa::path(
    put,
    path = "/member/me/avatar",
    tag = "members",
    request_body(content = Avatar, content_type = "multipart/form-data"),
    responses((status = 200, body = Member), (status = 507, response = Refused<'_>))
)]
async fn set_avatar(State(http): State<Http>, caller: Caller, mut form: Form) -> Result<Json<Member>> {
    let mut file = None;
    while let Some(field) = form.next().await? {
        if field.name() == Some("file") && file.is_none() {
            let spool = http.files.begin(caller.id(), MAX_AVATAR).await?;
            file = Some(receive(field, spool).await?);
        }
    }
    let file = file.ok_or_else(|| Problems::one("file", "a picture"))?;
    avatar_set(&http, &caller, Some(file)).await
}

/// Takes the member's picture away.
#[utoipa::path(delete, path = "/member/me/avatar", tag = "members", responses((status = 200, body = Member)))]
async fn remove_avatar(State(http): State<Http>, caller: Caller) -> Result<Json<Member>> {
    avatar_set(&http, &caller, None).await
}

async fn avatar_set(http: &Http, caller: &Caller, picture: Option<Spool>) -> Result<Json<Member>> {
    http.files.set_avatar(caller.id(), picture).await?;
    let member = http.chat.me(caller.id()).await?.member;
    http.chat.looks_different(member.clone());
    Ok(Json(member))
}

/// A file, for who may read the message that carries it. The cookie that comes with a login does instead of the
/// header, for pages cannot send one for a picture.
#[utoipa::path(
    get,
    path = "/file/{token}",
    tag = "files",
    params(("token" = String, Path)),
    responses(download::Content)
)]
async fn whole(
    State(http): State<Http>,
    Reader(identity): Reader,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response> {
    download::answer(&http.files, &token, Part::Whole, identity.member.id, &headers).await
}

/// A small picture of a file that is one.
#[utoipa::path(
    get,
    path = "/file/{token}/thumb",
    tag = "files",
    params(("token" = String, Path)),
    responses(download::Content)
)]
async fn thumb(
    State(http): State<Http>,
    Reader(identity): Reader,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response> {
    download::answer(&http.files, &token, Part::Thumb, identity.member.id, &headers).await
}

/// Who asks for a file, by an access token from the header or from the cookie.
struct Reader(Identity);

impl FromRequestParts<Http> for Reader {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Self> {
        let token = bearer(&parts.headers).or_else(|| cookie::get_file_auth(&parts.headers));
        Ok(Self(http.auth.identify(token.ok_or(Code::NoToken)?).await?))
    }
}

/// The fields of a body, one after the other.
struct Form(Multipart);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        Ok(Self(Multipart::from_request(request, state).await?))
    }
}

impl Form {
    async fn next(&mut self) -> Result<Option<Field<'_>>> {
        Ok(self.0.next_field().await?)
    }
}

async fn receive(mut field: Field<'_>, mut spool: Spool) -> Result<Spool> {
    while let Some(octets) = field.chunk().await? {
        spool.write(&octets).await?;
    }
    Ok(spool)
}

async fn short_text(mut field: Field<'_>) -> Result<String> {
    let mut text = Vec::new();
    while let Some(octets) = field.chunk().await? {
        if text.len() + octets.len() > MAX_FIELD {
            return Err(Code::PayloadTooLarge.into());
        }
        text.extend_from_slice(&octets);
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}
