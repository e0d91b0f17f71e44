// A STOMP dialogue by @stomp/stompjs over sockjs-client, once over each transport.
//
// usage: node dialogue.mjs URL        where URL is the SockJS endpoint, such as http://127.0.0.1:15674/sockjs

import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";

import { Client } from "@stomp/stompjs";
import SockJS from "sockjs-client";

const TRANSPORTS = ["websocket", "xhr-streaming", "xhr-polling", "eventsource"];
const PATIENCE = 20_000;

const url = process.argv[2];
for (const transport of TRANSPORTS) {
  await bounded(dialogue(transport), transport);
  await bounded(refusal(transport), transport);
  console.log(`ok sockjs ${transport}`);
}
process.exit(0);

/** Messages in order, large ones, text that needs escapes, a queue with acknowledgements, a clean end. */
async function dialogue(transport) {
  const { client, sockets, received, next } = await connect(transport);
  assert.equal(sockets[0].transport, transport);

  await subscribe(client, "/topic/sockjs", received);
  const bodies = ["plain", 'quotes " \\ \t \u0001', "\u2028 \u200c \ufeff 한글 😀", "x".repeat(200_000)];
  for (let i = 0; i < 200; i++) bodies.push(`number ${i}`);
  for (const body of bodies) client.publish({ destination: "/topic/sockjs", body });
  for (const body of bodies) assert.equal((await next()).body, body);

  await subscribe(client, "/queue/sockjs", received, { ack: "client-individual" });
  client.publish({ destination: "/queue/sockjs", body: "work" });
  (await next()).nack();
  const again = await next();
  assert.equal(again.headers.redelivered, "true");
  again.ack();

  await client.deactivate();
  assert.equal(sockets.length, 1, "the session lasted");
}

/** An ERROR arrives before the end of the session. */
async function refusal(transport) {
  const { client, events } = await connect(transport);
  const refused = once(events, "refused");
  const closed = once(events, "close");
  client.publish({ destination: "/nowhere", body: "" });
  const [frame] = await refused;
  assert.equal(frame.headers.message, "unknown destination");
  const [close] = await closed;
  assert.equal(close.code, 1002);
  await client.deactivate();
}

async function connect(transport) {
  const events = new EventEmitter();
  const sockets = [];
  const client = new Client({
    webSocketFactory: () => {
      const socket = new SockJS(url, null, { transports: transport });
      sockets.push(socket);
      return socket;
    },
    reconnectDelay: 0,
    heartbeatIncoming: 1000,
    heartbeatOutgoing: 1000,
    onConnect: () => events.emit("connect"),
    onStompError: (frame) => events.emit("refused", frame),
    onWebSocketClose: (close) => events.emit("close", close),
  });
  const connected = once(events, "connect");
  client.activate();
  await connected;

  const waiting = [];
  events.on("message", (message) => waiting.push(message));
  const next = async () => {
    while (waiting.length === 0) await once(events, "message");
    return waiting.shift();
  };
  return { client, sockets, events, received: (message) => events.emit("message", message), next };
}

/** Subscribes, and waits until the subscription is live. */
async function subscribe(client, destination, received, headers = {}) {
  const receipt = `subscribed ${destination}`;
  const live = new Promise((resolve) => client.watchForReceipt(receipt, resolve));
  client.subscribe(destination, received, { ...headers, receipt });
  await live;
}

function bounded(promise, name) {
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`${name}: no end within ${PATIENCE} ms`)), PATIENCE).unref();
  });
  return Promise.race([promise, late]);
}
