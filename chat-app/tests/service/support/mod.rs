//! A service to test, and clients of it.

mod app;
mod stomp;
mod user;

pub(crate) use self::{
    app::{Answer, TestApp},
    stomp::Stomp,
    user::User,
};
