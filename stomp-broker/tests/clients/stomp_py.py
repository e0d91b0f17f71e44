"""stomp.py over TCP: connect, subscribe, send, receive, receipt, disconnect; a wrong passcode.

usage: stomp_py.py HOST PORT LOGIN PASSCODE
"""

import queue
import sys

import stomp

HOST, PORT, LOGIN, PASSCODE = sys.argv[1:]
DESTINATION = "/topic/stomp.py"
PATIENCE = 10


class Events(stomp.ConnectionListener):
    """Queues what the library reports."""

    def __init__(self):
        self.queue = queue.Queue()

    def on_connected(self, frame):
        self.queue.put(("connected", frame))

    def on_message(self, frame):
        self.queue.put(("message", frame))

    def on_receipt(self, frame):
        self.queue.put(("receipt", frame))

    def on_error(self, frame):
        self.queue.put(("error", frame))

    def on_disconnected(self):
        self.queue.put(("disconnected", None))

    def expect(self, kind):
        """The next event, which must be of that kind."""
        event, frame = self.queue.get(timeout=PATIENCE)
        assert event == kind, f"expected {kind}, got {event}: {frame}"
        return frame


def connection(version):
    client = version([(HOST, int(PORT))], reconnect_attempts_max=1)
    events = Events()
    client.set_listener("", events)
    return client, events


def talks(version):
    client, events = connection(version)
    client.connect(LOGIN, PASSCODE, wait=True)
    events.expect("connected")
    # 1.0 names a subscription by its destination.
    name = {"destination": DESTINATION} if version is stomp.Connection10 else {"id": "s"}
    client.subscribe(**{"destination": DESTINATION, **name}, headers={"receipt": "subscribed"})
    assert events.expect("receipt").headers["receipt-id"] == "subscribed"
    client.send(DESTINATION, "안녕, world", headers={"note": "plain"})
    message = events.expect("message")
    assert message.body == "안녕, world", message.body
    assert message.headers["note"] == "plain", message.headers
    assert message.headers["destination"] == DESTINATION, message.headers
    client.unsubscribe(**name, headers={"receipt": "unsubscribed"})
    assert events.expect("receipt").headers["receipt-id"] == "unsubscribed"
    client.disconnect(receipt="goodbye")
    # The library reports these two in either order.
    last = dict(events.queue.get(timeout=PATIENCE) for _ in range(2))
    assert last.keys() == {"receipt", "disconnected"}, last
    assert last["receipt"].headers["receipt-id"] == "goodbye"


def is_refused(version):
    client, events = connection(version)
    try:
        client.connect(LOGIN, f"not {PASSCODE}", wait=True)
    except stomp.exception.ConnectFailedException:
        pass
    else:
        raise AssertionError("let in with a wrong passcode")
    assert "message" in events.expect("error").headers


for version in (stomp.Connection10, stomp.Connection11, stomp.Connection12):
    talks(version)
    is_refused(version)
print("stomp.py: ok")
