// @stomp/stompjs in headless Chromium, whose WebSockets compress messages: the page tells this program how it went.
// usage: node browser.mjs WS_URL LOGIN PASSCODE

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { Client } from "@stomp/stompjs";
import WebSocket from "ws";

const [brokerURL, login, passcode] = process.argv.slice(2);

const stomp = new Client({
  webSocketFactory: () => new WebSocket(brokerURL, ["v12.stomp"]),
  connectHeaders: { login, passcode },
  reconnectDelay: 0,
});
const received = new Promise((resolve, reject) => {
  setTimeout(() => reject(new Error("the page says nothing")), 60_000).unref();
  stomp.onConnect = () => {
    stomp.watchForReceipt("subscribed", open);
    stomp.subscribe("/topic/outcome", resolve, { receipt: "subscribed" });
  };
});
const profile = await mkdtemp(path.join(tmpdir(), "stomp-browser-"));
let chromium;

/** Opens the page once its answer would be heard. */
function open() {
  const page = pathToFileURL("browser.html");
  page.hash = [brokerURL, login, passcode].join(",");
  const options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", `--user-data-dir=${profile}`];
  chromium = spawn("chromium", [...options, page.href], { stdio: "ignore" });
}

try {
  stomp.activate();
  const outcome = JSON.parse((await received).body);
  assert.ok(outcome.isSame, "the page got another message than it sent");
  assert.match(outcome.extensions, /permessage-deflate/);
} finally {
  if (chromium) {
    chromium.kill();
    if (chromium.exitCode === null && chromium.signalCode === null) await once(chromium, "exit");
  }
  await stomp.deactivate();
  await rm(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}
console.log("@stomp/stompjs in Chromium, compressed: ok");
