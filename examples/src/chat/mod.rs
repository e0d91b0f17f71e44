//! The parts of the chat server example: its arguments, its settings file, its log, what it does besides serving.

mod args;
mod log;
mod options;
mod settings;
mod tasks;

pub use self::{
    args::{Args, Task},
    settings::DEFAULT_FILE,
};
