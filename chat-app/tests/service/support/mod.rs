//! A service to test, and clients of it.

mod app;
mod provider;
mod stomp;
mod user;

pub(crate) use self::{
    app::{Answer, TestApp},
    provider::{FakeProvider, Person},
    stomp::Stomp,
    user::User,
};
