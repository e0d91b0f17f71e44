//! The parts of the broker example: its arguments, its settings file, its users, its listeners.

mod args;
mod limits;
mod listening;
mod operation;
mod redis;
mod rules;
mod serve;
mod settings;
mod users;

pub use self::{
    args::Args,
    serve::serve,
    settings::{DEFAULT_FILE, Settings},
    users::hash,
};
