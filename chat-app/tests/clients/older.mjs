// What the front ends of older services do, with the libraries that they use: stompjs 2 over sockjs-client.
//
// usage: node older.mjs URL        where URL is the chat server, such as http://127.0.0.1:8080

import assert from "node:assert/strict";

import SockJS from "sockjs-client";
import Stomp from "stompjs";

const PATIENCE = 20_000;
const base = process.argv[2];

setTimeout(() => {
  console.error("no answer in time");
  process.exit(1);
}, PATIENCE).unref();

const kim = await member("kim");
const lee = await member("lee");
await groupRoom();
await lockedRoom();
await privateRoom();
await refusal();
console.log("ok older front ends");
process.exit(0);

/** Signs up and logs in. */
async function member(name) {
  const account = { name, email: `${name}@example.com`, password: "correct horse" };
  const id = await post("/member/create", account);
  const login = await post("/member/doLogin", account);
  assert.equal(login.id, id);
  return { name, id, email: account.email, token: login.token };
}

/** Making and joining a room, talking in it by each pair of destinations, its history, its unread count, leaving. */
async function groupRoom() {
  const { roomId } = await post("/chat/room/group/create?roomName=everyone", undefined, kim);
  const listed = await get("/chat/room/group/list", lee);
  assert.ok(listed.some((room) => room.roomId === roomId && room.roomName === "everyone"));
  await post(`/chat/room/group/${roomId}/join`, undefined, lee);

  const ofKim = await connect(kim);
  const ofLee = await connect(lee);
  for (const [send, subscribe] of [
    [`/publish/${roomId}`, `/topic/${roomId}`],
    [`/app/${roomId}`, `/topic/chat-room/${roomId}`],
    ["/pub/chat", `/sub/channel/${roomId}`],
  ]) {
    const heard = await listen(ofLee, subscribe);
    const body = { roomId, message: `안녕 ${send}`, senderEmail: "somebody@else.example" };
    ofKim.client.send(send, {}, JSON.stringify(body));
    const message = await heard.next();
    assert.equal(message.message, body.message);
    assert.equal(message.senderName, "kim");
    assert.equal(message.roomId, roomId);
    assert.ok(!Number.isNaN(Date.parse(message.createdAt)));
    heard.end();
  }
  const count = await listen(ofLee, "/sub/channel/entry");
  assert.equal(await count.next(), 2);

  const history = await get(`/chat/history/${roomId}`, lee);
  assert.deepEqual(history.filter((line) => line.message).map((line) => line.senderName), ["kim", "kim", "kim"]);
  const unread = async () => (await get("/chat/my/rooms", lee)).find((room) => room.roomId === roomId).unReadCount;
  assert.equal(await unread(), 3);
  await post(`/chat/room/${roomId}/read`, undefined, lee);
  assert.equal(await unread(), 0);
  await ask("DELETE", `/chat/room/group/${roomId}/leave`, undefined, lee);
  assert.equal((await get("/chat/my/rooms", lee)).length, 0);
  for (const { client } of [ofKim, ofLee]) await new Promise((done) => client.disconnect(done));
}

/** A room with a password, by the names that the front end sends. */
async function lockedRoom() {
  const locked = { roomName: "locked", private: true, password: "1234" };
  const { roomId } = await post("/chat/room/group/create", locked, kim);
  await assert.rejects(post(`/chat/room/group/${roomId}/join`, undefined, lee), { status: 403 });
  await assert.rejects(post(`/chat/room/group/${roomId}/verify-password`, { password: "4321" }, lee), { status: 401 });
  await post(`/chat/room/group/${roomId}/verify-password`, { password: "1234" }, lee);
  await post(`/chat/room/group/${roomId}/join`, undefined, lee);
}

/** A 1:1 room from the list of members: both get the same. */
async function privateRoom() {
  const others = await get("/member/list", kim);
  assert.deepEqual(others.map((other) => other.name), ["lee"]);
  const room = await post(`/chat/room/private/create?otherMemberId=${lee.id}`, undefined, kim);
  assert.equal(await post(`/chat/room/private/create?otherMemberId=${kim.id}`, undefined, lee), room);
}

/** A token that is none is told to the error callback. */
async function refusal() {
  const client = Stomp.over(new SockJS(`${base}/connect`));
  client.debug = null;
  const error = await new Promise((resolve, reject) =>
    client.connect({ Authorization: "Bearer nonsense" }, () => reject(new Error("let in")), resolve),
  );
  assert.equal(error.command, "ERROR");
}

async function connect({ token }) {
  const client = Stomp.over(new SockJS(`${base}/connect`));
  client.debug = null;
  await new Promise((resolve, reject) => client.connect({ Authorization: `Bearer ${token}` }, resolve, reject));
  return { client, token };
}

/** Subscribes and waits until that is so; `next` is the next message. */
async function listen({ client, token }, destination) {
  const received = [];
  let wake = () => {};
  const subscribed = new Promise((resolve) => (client.onreceipt = resolve));
  const subscription = client.subscribe(
    destination,
    (frame) => {
      received.push(JSON.parse(frame.body));
      wake();
    },
    { Authorization: `Bearer ${token}`, receipt: destination },
  );
  await subscribed;
  const next = async () => {
    while (received.length === 0) await new Promise((resolve) => (wake = resolve));
    return received.shift();
  };
  return { next, end: () => subscription.unsubscribe() };
}

function get(path, who) {
  return ask("GET", path, undefined, who);
}

function post(path, body, who) {
  return ask("POST", path, body, who);
}

async function ask(method, path, body, who) {
  const headers = body ? { "Content-Type": "application/json" } : {};
  if (who) headers.Authorization = `Bearer ${who.token}`;
  const response = await fetch(base + path, { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw Object.assign(new Error(`${path}: ${text}`), { status: response.status });
  return text ? JSON.parse(text) : undefined;
}
