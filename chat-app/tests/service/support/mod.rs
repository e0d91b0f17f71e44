//! A service to test, and clients of it.

mod app;
mod picture;
mod provider;
mod push;
mod redis;
mod stomp;
mod user;

pub(crate) use self::{
    app::{Answer, Remote, TestApp, config},
    picture::{PLACE, bomb, encoded, turned_photo},
    provider::{FakeProvider, Person},
    push::{Device, PushService},
    redis::RedisServer,
    stomp::Stomp,
    user::User,
};
