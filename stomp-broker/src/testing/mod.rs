//! For tests of your own handlers, authorizers and back-ends: a client that follows a script, connected to a
//! [`Server`](crate::Server) in memory; what every back-end must keep to ([`conformance`]); a back-end that fails
//! as it is told ([`Faulty`]). Needs the feature `testing`.
//!
//! ```
//! use stomp_broker::{App, Open, Refusal, Server, app::Path, proto::Command, testing::Client};
//!
//! async fn vote(Path(candidate): Path<String>) -> Result<(), Refusal> {
//!     if candidate == "nobody" { Err(Refusal::new("vote for somebody")) } else { Ok(()) }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let app = App::new(()).send("/app/vote/{candidate}", vote);
//! let server = Server::builder(Open, Open).app(app).start().await?;
//!
//! let mut client = Client::open(&server);
//! client.connect().await;
//! client.publish("/app/vote/somebody", "").await;
//!
//! client.send(Client::message("/app/vote/nobody", "")).await;
//! let error = client.expect_error().await;
//! assert_eq!(error.headers().get("message"), Some("vote for somebody"));
//! # Ok(())
//! # }
//! ```
//!
//! Waiting goes by tokio's clock: under `#[tokio::test(start_paused = true)]` no test takes longer than it
//! computes, whatever time-outs it is about.

mod client;
pub mod conformance;
mod faulty;

pub use self::{
    client::Client,
    faulty::{Fault, Faults, Faulty},
};
