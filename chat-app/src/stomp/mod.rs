//! The STOMP interface: who connects, who subscribes, and the handlers of what is sent.

mod authenticator;
mod authorizer;
mod destination;
mod expiry;
mod handlers;
mod joined;
mod refusal;
mod renewal;

use std::time::Duration;

use stomp_broker::{
    App, BrokerError, Config, Rate, Server, SimpleBroker,
    app::{Request, State},
    proto::{HeartBeat, Limits},
    redis::RedisRelay,
};

use self::{authenticator::Tokens, authorizer::Participants, joined::Joined};
use crate::{
    Origin,
    auth::Auth,
    chat::{Chat, Queue},
    limits::Rates,
};

/// Where browsers connect, by WebSocket or by SockJS; the second is for older clients.
pub(crate) const ENDPOINTS: [&str; 2] = ["/ws-connect", "/connect"];

/// Octets of a frame's body, at most: as of a request's.
const MAX_BODY: usize = 64 * 1024;

const HEART_BEAT: Duration = Duration::from_secs(10);

/// Wrong tokens of one address, all behind a proxy or a router, before more are refused: nobody guesses a signature, so
/// this bounds only what it costs to check them.
const WRONG_TOKENS: Rate = Rate { burst: 1_000, every: Duration::from_millis(10) };

/// Starts the broker with the service's handlers, and lets the use cases reach it.
pub(crate) async fn start(
    auth: Auth,
    chat: Chat,
    allowed_origins: &[Origin],
    rates: &Rates,
    relay: Option<RedisRelay>,
) -> Result<Server, BrokerError> {
    let config = Config {
        limits: Limits { body: MAX_BODY, ..Limits::default() },
        heart_beat: HeartBeat { send: HEART_BEAT, receive: HEART_BEAT },
        server_name: concat!("chat-app/", env!("CARGO_PKG_VERSION")).to_owned(),
        failed_logins: WRONG_TOKENS,
        failed_logins_per_address: WRONG_TOKENS,
        send_rate: Some(rates.stomp.in_broker()),
        allowed_origins: allowed_origins.iter().map(Origin::to_string).collect(),
        ..Config::default()
    };
    let renew = {
        let auth = auth.clone();
        move |State(chat): State<Chat>, request: Request| {
            let auth = auth.clone();
            async move { renewal::renew(&auth, chat.live(), &request).await }
        }
    };
    let rate = rates.stomp;
    let app = App::new(chat.clone())
        .send("/app/chat.sendMessage", handlers::send)
        .send("/app/chat.editMessage", handlers::edit)
        .send("/app/chat.deleteMessage", handlers::delete)
        .send("/app/chat.react", handlers::react)
        .send("/app/chat.typing", handlers::typing)
        .send("/app/chat.read", handlers::read)
        .send("/app/session.renew", renew)
        .send("/app/session.visible", handlers::visible)
        .send("/app/chat.enter", handlers::enter)
        .send("/app/chat.exit", handlers::exit)
        .send("/app/{room_id}", handlers::send_to_room)
        .send("/publish/{room_id}", handlers::send_to_room)
        .send("/pub/chat", handlers::send)
        .errors_to(Queue::Errors.destination())
        .refusals(move |principal, frame, refusal| refusal::reword(principal, frame, refusal, rate));
    let builder =
        Server::builder(Tokens::new(auth, chat.clone()), Participants::new(chat.clone())).config(config);
    let builder = match relay {
        Some(inner) => builder.broker(Joined { inner, chat: chat.clone() }),
        None => builder.broker(Joined { inner: SimpleBroker::new(), chat: chat.clone() }),
    };
    let server = builder.topics("/topic").topics("/sub").app(app).start().await?;
    chat.live().connect(server.handle());
    Ok(server)
}
