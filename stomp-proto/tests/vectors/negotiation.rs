//! Kinds `negotiate`, `heartbeat-parse`, `heartbeat-math` and `ws-subprotocol`.

use std::time::Duration;

use serde_json::{Value, json};
use stomp_proto::{HeartBeat, Version};

use crate::{expect, format::read, run};

#[test]
fn versions() {
    run("negotiate", |vector| {
        let version = Version::negotiate(vector.accept_version.as_deref(), &vector.server_versions());
        expect(&version.map(|version| version.to_string()), &vector.expected(), "version")
    });
}

#[test]
fn heart_beat_header() {
    run("heartbeat-parse", |vector| {
        let parsed = HeartBeat::from_header(vector.value.as_deref());
        let parsed = parsed.map_or_else(
            |_| json!("error"),
            |heart_beat| json!([heart_beat.send.as_millis(), heart_beat.receive.as_millis()]),
        );
        expect(&parsed, &vector.expected::<Value>(), "heart-beat")
    });
}

#[test]
fn heart_beat_intervals() {
    run("heartbeat-math", |vector| {
        let [client, server] = [&vector.client, &vector.server].map(|side| {
            let [send, receive] = read::<[u64; 2]>(side).map(Duration::from_millis);
            HeartBeat { send, receive }
        });
        let millis = |interval: Option<Duration>| interval.unwrap_or_default().as_millis();
        let intervals = json!({
            "client_to_server": millis(client.interval_to(server)),
            "server_to_client": millis(server.interval_to(client)),
        });
        expect(&intervals, &vector.expected::<Value>(), "intervals")
    });
}

#[test]
fn websocket_subprotocol() {
    run("ws-subprotocol", |vector| {
        let chosen = Version::negotiate_subprotocol(vector.offered.iter().map(String::as_str));
        let chosen = chosen.map(|version| version.subprotocol().to_owned());
        expect(&chosen, &vector.expected(), "token")
    });
}
