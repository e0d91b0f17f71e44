//! `/member`: accounts and who there is.

use axum::{Json, extract::State, response::Response};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Http,
    caller::Caller,
    error::Result,
    extract::{self, Device, Path, Query},
    openapi::Refused,
    page::{ByName, page},
};
use crate::{
    auth::SignUp,
    domain::{Email, Locale, Me, Member, MemberId, MemberName, Password, Problems},
    store::MemberQuery,
};

pub(super) fn router() -> OpenApiRouter<Http> {
    OpenApiRouter::new()
        .routes(routes!(create_member))
        .routes(routes!(list_members))
        .routes(routes!(me, change_me))
        .routes(routes!(member))
}

#[derive(Deserialize, ToSchema)]
pub(super) struct CreateMember {
    /// 2 to 32 characters that show.
    #[schema(min_length = 2)]
    name: String,
    #[schema(format = Email, max_length = 254)]
    email: String,
    /// 8 characters to 128 bytes.
    #[schema(format = Password, min_length = 8, max_length = 128)]
    password: String,
    locale: Option<Locale>,
    /// The code of an invitation to a room, where registration takes one.
    invite: Option<String>,
}

impl CreateMember {
    pub(super) fn parse(self) -> Result<SignUp, Problems> {
        let mut problems = Problems::default();
        let name = problems.check(MemberName::parse(&self.name), "name", MemberName::EXPECTED);
        let email = problems.check(Email::parse(&self.email), "email", Email::EXPECTED);
        let password = problems.check(Password::parse(self.password), "password", Password::EXPECTED);
        let (Some(name), Some(email), Some(password)) = (name, email, password) else { return Err(problems) };
        Ok(SignUp { name, email, password, locale: self.locale })
    }
}

/// Makes an account. The answer is its bare id.
#[utoipa::path(
    post,
    path = "/member/create",
    tag = "members",
    security(()),
    responses(
        (status = 200, body = MemberId),
        (status = 404, response = Refused<'_>),
        (status = 409, response = Refused<'_>)
    )
)]
async fn create_member(
    State(http): State<Http>,
    device: Device,
    extract::Json(mut body): extract::Json<CreateMember>,
) -> Result<Json<MemberId>> {
    let invite = body.invite.take();
    Ok(Json(http.auth.sign_up(body.parse()?, invite.as_deref(), device.as_login()).await?))
}

/// Members other than who asks, in the order of their ids.
#[utoipa::path(
    get,
    path = "/member/list",
    tag = "members",
    params(ByName),
    responses((status = 200, body = [Member]))
)]
async fn list_members(
    State(http): State<Http>,
    caller: Caller,
    Query(list): Query<ByName>,
) -> Result<Response> {
    let (name, limit) = list.parse()?;
    let after = MemberId(list.after.unwrap_or_default());
    let query = MemberQuery { except: caller.id(), name, after, limit: limit + 1 };
    Ok(page(http.chat.members(query).await?, limit))
}

/// A member.
#[utoipa::path(get, path = "/member/{id}", tag = "members", params(MemberId), responses((status = 200, body = Member)))]
async fn member(State(http): State<Http>, _: Caller, Path(id): Path<MemberId>) -> Result<Json<Member>> {
    Ok(Json(http.chat.member(id).await?))
}

/// The member who asks.
#[utoipa::path(get, path = "/member/me", tag = "members", responses((status = 200, body = Me)))]
async fn me(State(http): State<Http>, caller: Caller) -> Result<Json<Me>> {
    Ok(Json(http.chat.me(caller.id()).await?))
}

#[derive(Deserialize, ToSchema)]
struct ChangeMe {
    /// 2 to 32 characters that show.
    #[schema(min_length = 2)]
    name: Option<String>,
    locale: Option<Locale>,
}

/// Changes what is given.
#[utoipa::path(patch, path = "/member/me", tag = "members", responses((status = 200, body = Me)))]
async fn change_me(
    State(http): State<Http>,
    caller: Caller,
    extract::Json(change): extract::Json<ChangeMe>,
) -> Result<Json<Me>> {
    let name = match change.name.as_deref().map(MemberName::parse) {
        Some(None) => return Err(Problems::one("name", MemberName::EXPECTED).into()),
        name => name.flatten(),
    };
    Ok(Json(http.chat.change_me(caller.id(), name.as_ref(), change.locale).await?))
}
