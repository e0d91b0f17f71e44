//! Request and reply: a client asks, and the answer comes to it alone, without a SUBSCRIBE.
//!
//! ```text
//! cargo run --example rpc       # starts a server, asks it over TCP, prints the answers, and ends
//! ```
//!
//! `reply-to:/temp-queue/NAME` makes a destination of the session's own; answers carry `subscription:/temp-queue/NAME`
//! and the `correlation-id` of the question. A handler answers by what it returns; another client, such as a worker on a
//! queue, by a SEND to the address that it finds in `reply-to`.

use std::error::Error;

use examples::log_to_stderr;
use futures_util::{SinkExt, StreamExt};
use stomp_broker::{
    App, Open, Refusal, Server,
    app::{Json, Path},
    proto::{Frame, Item, codec::StompCodec, compose},
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::codec::Framed;

/// SEND to /app/divide/{by}
async fn divide(Path(by): Path<i64>, Json(number): Json<i64>) -> Result<Json<i64>, Refusal> {
    number.checked_div(by).map(Json).ok_or_else(|| Refusal::new("not by zero"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    log_to_stderr();
    let app = App::new(()).send("/app/divide/{by}", divide);
    let server = Server::builder(Open, Open).app(app).start().await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { server.serve_tcp(listener).await });

    let mut client = Framed::new(TcpStream::connect(address).await?, StompCodec::default());
    client.send(compose::connect("localhost").build()?).await?;
    println!("{}", next(&mut client).await?.command());
    for (question, by) in [("one", 2), ("two", 7)] {
        let ask = compose::send(&format!("/app/divide/{by}"))
            .header("reply-to", "/temp-queue/answers")
            .header("correlation-id", question)
            .body("42");
        client.send(ask.build()?).await?;
    }
    for _ in 0..2 {
        let answer = next(&mut client).await?;
        println!("{}: {:?}", answer.headers().get("correlation-id").unwrap_or_default(), answer.body());
    }
    Ok(())
}

async fn next(client: &mut Framed<TcpStream, StompCodec>) -> Result<Frame, Box<dyn Error>> {
    loop {
        if let Item::Frame(frame) = client.next().await.ok_or("closed")?? {
            return Ok(frame);
        }
    }
}
