//! `/member`: accounts and who there is.

use axum::{
    Json, Router,
    extract::State,
    response::Response,
    routing::{get, post},
};
use serde::Deserialize;

use super::{
    Http,
    caller::Caller,
    error::Result,
    extract::{self, Device, Path, Query},
    page::{limit, page},
};
use crate::{
    auth::SignUp,
    domain::{Email, Locale, Me, Member, MemberId, MemberName, Password, Problems},
    store::MemberQuery,
};

pub(super) fn router() -> Router<Http> {
    Router::new()
        .route("/member/create", post(create))
        .route("/member/list", get(list))
        .route("/member/me", get(me).patch(change_me))
        .route("/member/{id}", get(one))
}

#[derive(Deserialize)]
struct Create {
    name: String,
    email: String,
    password: String,
    locale: Option<Locale>,
}

impl Create {
    fn parse(self) -> Result<SignUp, Problems> {
        let mut problems = Problems::default();
        let name = problems.check(MemberName::parse(&self.name), "name", MemberName::EXPECTED);
        let email = problems.check(Email::parse(&self.email), "email", Email::EXPECTED);
        let password = problems.check(Password::parse(self.password), "password", Password::EXPECTED);
        let (Some(name), Some(email), Some(password)) = (name, email, password) else { return Err(problems) };
        Ok(SignUp { name, email, password, locale: self.locale })
    }
}

async fn create(
    State(http): State<Http>,
    device: Device,
    extract::Json(body): extract::Json<Create>,
) -> Result<Json<MemberId>> {
    Ok(Json(http.auth.sign_up(body.parse()?, device.as_login()).await?))
}

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    q: String,
    limit: Option<i64>,
    after: Option<MemberId>,
}

async fn list(State(http): State<Http>, caller: Caller, Query(list): Query<List>) -> Result<Response> {
    let limit = limit(list.limit, 100, 100)?;
    let after = list.after.unwrap_or(MemberId(0));
    let query = MemberQuery { except: caller.id(), name: list.q.trim(), after, limit: limit + 1 };
    Ok(page(http.chat.members(query).await?, limit))
}

async fn one(State(http): State<Http>, _: Caller, Path(id): Path<MemberId>) -> Result<Json<Member>> {
    Ok(Json(http.chat.member(id).await?))
}

async fn me(State(http): State<Http>, caller: Caller) -> Result<Json<Me>> {
    Ok(Json(http.chat.me(caller.id()).await?))
}

#[derive(Deserialize)]
struct ChangeMe {
    name: Option<String>,
    locale: Option<Locale>,
}

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
