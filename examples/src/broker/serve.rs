//! From the settings to a running broker, and to its end.

use std::{error::Error, time::Duration};

use futures_util::future::select_all;
use stomp_broker::{Open, Server, ServerBuilder};

use super::{Settings, listening::Listening, rules::policies, users::Users};
use crate::asked_to_stop;

/// Serves what the settings say, until the process is asked to end; a second request ends it at once.
///
/// When everything listens, one line that begins with `ready` says where.
///
/// # Errors
///
/// Whatever is wrong with files and addresses, or makes serving impossible.
pub async fn serve(settings: &Settings) -> Result<(), Box<dyn Error>> {
    let server = builder(settings)?.start().await?;
    let listening = Listening::open(settings, &server).await?;
    let mut requests = asked_to_stop();
    println!("ready{}", listening.places);
    // SockJS clients ask for their last frames by HTTP, which goes on while the server drains.
    let end = async {
        requests.next().await;
        tokio::select! {
            _ = server.drain(Duration::from_secs(settings.drain.seconds)) => {}
            () = requests.next() => {}
        }
    };
    tokio::select! {
        (result, ..) = select_all(listening.serving) => result?,
        () = end => {}
    }
    Ok(())
}

fn builder(settings: &Settings) -> Result<ServerBuilder, Box<dyn Error>> {
    let (users, policies) = (Users::new(&settings.user), policies(&settings.destination));
    let builder = match settings.destination.is_empty() {
        true => Server::builder(users, Open),
        false => Server::builder(users, policies.clone()),
    };
    let builder = match &settings.redis {
        Some(redis) => builder.broker(redis.relay(&policies)?),
        None => builder,
    };
    let destinations = &settings.destinations;
    let builder = builder.config(settings.config()).policies(policies);
    let builder = destinations.topics.iter().fold(builder, |builder, root| builder.topics(&root.0));
    let builder = destinations.queues.iter().fold(builder, |builder, root| builder.queues(&root.0));
    Ok(match destinations.statistics_seconds {
        Some(seconds) => builder.statistics(Duration::from_secs(seconds.get())),
        None => builder,
    })
}
