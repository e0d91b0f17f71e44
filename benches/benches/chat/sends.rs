//! Messages in a second, from SEND to RECEIPT, which comes after the commit.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use chat_app::{
    Config, Listening,
    limits::{Rate, Rates},
};
use futures_util::future::join_all;
use serde_json::json;
use tokio::sync::oneshot;

use crate::{
    MEMBERS, ROOMS,
    client::{Client, guest, post},
    database::Database,
};

/// Each of the two is measured so often, by turns; the best counts.
const TURNS: u32 = 3;

/// How long a measurement takes, in seconds.
const SECONDS: u64 = 3;

pub(crate) async fn measure(database: &impl Database) {
    let plenty = Rate::new(1_000_000, 1).expect("a rate");
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let rates = Rates { guest: plenty, send: plenty, stomp: plenty, ..Rates::default() };
    let config = Config { listen: any, stomp_listen: Some(any), rates, ..database.config() };
    let service = Listening::bind(&config).await.expect("the service starts");
    let (http, stomp) = (service.http_address(), service.stomp_address().expect("a port"));
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(service.serve(async move { drop(stopped.await) }));

    let mut clients = join_all((0..MEMBERS).map(async |_| {
        let token = guest(http).await;
        (Client::connect(stomp, &token).await, token)
    }))
    .await;
    let owner = clients[0].1.clone();
    for room in 0..ROOMS {
        post(http, "/chat/room/group/create", Some(&owner), &json!({ "roomName": room.to_string() })).await;
    }
    database
        .execute(
            "INSERT INTO participant (room_id, member_id, joined_at)
             SELECT room.id, member.id, member.created_at FROM room, member WHERE member.id <> room.owner_id",
        )
        .await;

    let (mut bare, mut ours, mut one_room) = (0.0_f64, 0.0_f64, 0.0_f64);
    for _ in 0..TURNS {
        bare = bare.max(database.bare_sends(SECONDS).await);
        ours = ours.max(sends(&mut clients, ROOMS).await);
        one_room = one_room.max(sends(&mut clients, 1).await);
    }
    println!("  sends, bare statements       {bare:8.0}/s");
    println!("  sends, SEND to RECEIPT       {ours:8.0}/s, {:.2} of bare", ours / bare);
    println!("  the same, all in one room    {one_room:8.0}/s");
    drop(clients);
    drop(stop);
    served.await.expect("no panic").expect("it stops");
}

/// All members send, each after its last receipt.
async fn sends(clients: &mut [(Client, String)], rooms: i64) -> f64 {
    let begin = Instant::now();
    let sent = join_all(clients.iter_mut().zip(1_i64..).map(async |((client, _), number)| {
        let mut sent = 0_i64;
        while begin.elapsed() < Duration::from_secs(SECONDS) {
            client.say(1 + (number * 7 + sent) % rooms).await;
            sent += 1;
        }
        sent as f64
    }));
    sent.await.into_iter().sum::<f64>() / begin.elapsed().as_secs_f64()
}
