//! A service to test, and clients of it.

mod app;
mod provider;
mod redis;
mod stomp;
mod user;

pub(crate) use self::{
    app::{Answer, TestApp},
    provider::{FakeProvider, Person},
    redis::RedisServer,
    stomp::Stomp,
    user::User,
};
