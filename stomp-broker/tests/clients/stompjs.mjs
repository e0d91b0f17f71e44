// @stomp/stompjs over WebSocket: connect, subscribe, send, receive, receipt, disconnect; a wrong passcode.
// usage: node stompjs.mjs WS_URL LOGIN PASSCODE

import assert from "node:assert/strict";
import { once } from "node:events";
import { Client } from "@stomp/stompjs";
import WebSocket from "ws";

const [brokerURL, login, passcode] = process.argv.slice(2);

// Whatever is waited for and never comes ends the program.
setTimeout(() => assert.fail("took too long"), 30_000).unref();

function client(headers) {
  const sockets = [];
  const webSocketFactory = () => {
    const socket = new WebSocket(brokerURL, ["v12.stomp", "v11.stomp", "v10.stomp"]);
    sockets.push(socket);
    return socket;
  };
  const client = new Client({ webSocketFactory, connectHeaders: headers, reconnectDelay: 0 });
  return { client, sockets };
}

async function talks() {
  const { client: stomp, sockets } = client({ login, passcode });
  const connected = await new Promise((resolve, reject) => {
    stomp.onConnect = resolve;
    stomp.onStompError = (frame) => reject(new Error(frame.headers.message));
    stomp.activate();
  });
  assert.equal(connected.headers.version, "1.2");
  assert.equal(sockets[0].protocol, "v12.stomp");

  const receipt = (id, act) =>
    new Promise((resolve) => {
      stomp.watchForReceipt(id, resolve);
      act({ receipt: id });
    });
  const received = new Promise((resolve) => {
    receipt("subscribed", (headers) => stomp.subscribe("/topic/stompjs", resolve, headers)).then(() =>
      receipt("sent", (headers) =>
        stomp.publish({ destination: "/topic/stompjs", body: "안녕, world", headers: { ...headers, note: "a:b\nc" } }),
      ),
    );
  });
  const message = await received;
  assert.equal(message.body, "안녕, world");
  assert.equal(message.headers.note, "a:b\nc");
  assert.equal(message.headers.destination, "/topic/stompjs");

  const octets = Uint8Array.from([0, 255, 10, 13, 0]);
  const binary = new Promise((resolve) => stomp.subscribe("/topic/binary", resolve));
  stomp.publish({ destination: "/topic/binary", binaryBody: octets });
  assert.deepEqual(new Uint8Array((await binary).binaryBody), octets);

  const goodbye = new Promise((resolve) => (stomp.onDisconnect = resolve));
  const closed = once(sockets[0], "close");
  await stomp.deactivate();
  await goodbye;
  const [code] = await closed;
  assert.equal(code, 1000);
}

async function isRefused() {
  const { client: stomp, sockets } = client({ login, passcode: `not ${passcode}` });
  const error = await new Promise((resolve, reject) => {
    stomp.onStompError = resolve;
    stomp.onConnect = () => reject(new Error("let in with a wrong passcode"));
    stomp.activate();
  });
  assert.equal(error.command, "ERROR");
  if (sockets[0].readyState !== WebSocket.CLOSED) await once(sockets[0], "close");
  await stomp.deactivate();
}

await talks();
await isRefused();
console.log("@stomp/stompjs: ok");
