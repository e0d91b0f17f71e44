//! What each client frame does to the session.

use std::time::Instant;

use stomp_proto::{
    ClientFrame, Command, Connect, Disconnect, Frame, HeartBeat, Send, Subscribe, Transaction, Unsubscribe,
    Version, header::name,
};

use super::{
    Batch, Beginning, Closing, Pending, Request, Session, State, SubscriptionName, Verdict, Violation,
    acks::Tag, transactions::Step,
};
use crate::config::MAX_ID;

impl<H> Session<H> {
    /// Checks a frame and does what the session can do alone; `Some` is for the driver to carry out.
    pub(super) fn accept(&mut self, now: Instant, frame: Frame) -> Result<Option<Request<H>>, Violation> {
        let connecting = matches!(self.state, State::Connecting { .. });
        let is_connect = matches!(frame.command(), Command::Connect | Command::Stomp);
        match (connecting, is_connect) {
            (true, false) => return Err(Violation::NotConnected),
            (false, true) => return Err(Violation::AlreadyConnected),
            _ => {}
        }
        check_lengths(&frame)?;
        match ClientFrame::parse(frame, self.version)? {
            ClientFrame::Connect(connect) => self.connect(now, connect).map(Some),
            ClientFrame::Send(send) => self.send(send),
            ClientFrame::Subscribe(subscribe) => self.subscribe(subscribe).map(Some),
            ClientFrame::Unsubscribe(unsubscribe) => self.unsubscribe(now, &unsubscribe),
            ClientFrame::Disconnect(disconnect) => {
                self.disconnect(&disconnect);
                Ok(None)
            }
            ClientFrame::Ack(ack) => self.settle(now, ack.frame(), Verdict::Consumed),
            ClientFrame::Nack(nack) => self.settle(now, nack.frame(), Verdict::Refused),
            ClientFrame::Begin(begin) => {
                self.transactions.begin(begin.transaction())?;
                self.answer(begin.receipt())
            }
            ClientFrame::Abort(abort) => {
                self.transactions.end(abort.transaction())?;
                self.answer(abort.receipt())
            }
            ClientFrame::Commit(commit) => self.commit(now, &commit).map(Some),
        }
    }

    fn connect(&mut self, now: Instant, connect: Connect) -> Result<Request<H>, Violation> {
        self.version = Version::negotiate(connect.accept_version(), &self.config.versions)
            .ok_or(Violation::NoCommonVersion)?;
        let (connect, heart_beat) = match self.version {
            // 1.0 has no heart-beats, and its clients pad header values with spaces.
            Version::V1_0 => (trimmed(&connect)?, HeartBeat::default()),
            _ => {
                let heart_beat =
                    HeartBeat::from_header(connect.heart_beat()).map_err(|_| Violation::HeartBeat)?;
                (connect, heart_beat)
            }
        };
        let deadline = self.poll_timeout().unwrap_or(now);
        self.state = State::Authenticating { deadline, heart_beat };
        // A receipt on CONNECT is not answered: CONNECTED is the answer.
        self.pending = Some(Pending::default());
        Ok(Request::Authenticate(connect))
    }

    fn send(&mut self, send: Send) -> Result<Option<Request<H>>, Violation> {
        if let Some(transaction) = send.transaction().map(str::to_owned) {
            let (receipt, size) = (send.receipt().map(str::to_owned), send.frame().size());
            self.transactions.add(&transaction, Step::Send(send), size)?;
            return self.answer(receipt.as_deref());
        }
        self.expect_answer(send.receipt());
        Ok(Some(Request::Send(send)))
    }

    fn subscribe(&mut self, subscribe: Subscribe) -> Result<Request<H>, Violation> {
        let name = match subscribe.id() {
            Some(id) => SubscriptionName::Id(id.to_owned()),
            None => SubscriptionName::Destination(subscribe.destination().to_owned()),
        };
        self.subscriptions.check(&name)?;
        self.unacknowledged.expect(subscribe.ack());
        let serial = self.subscriptions.next_serial();
        let receipt = subscribe.receipt().map(str::to_owned);
        let destination = (self.version == Version::V1_0).then(|| subscribe.destination().to_owned());
        self.pending = Some(Pending { receipt, subscription: Some(Beginning { name, serial, destination }) });
        Ok(Request::Subscribe(subscribe, serial))
    }

    fn unsubscribe(
        &mut self,
        now: Instant,
        unsubscribe: &Unsubscribe,
    ) -> Result<Option<Request<H>>, Violation> {
        let name = match (unsubscribe.id(), unsubscribe.destination()) {
            (Some(id), _) => SubscriptionName::Id(id.to_owned()),
            (None, destination) => self.subscriptions.to(destination.unwrap_or_default())?,
        };
        let (serial, handle) = self.subscriptions.remove(&name)?;
        self.unacknowledged.forget(now, serial);
        let Some(handle) = handle else { return self.answer(unsubscribe.receipt()) };
        self.expect_answer(unsubscribe.receipt());
        Ok(Some(Request::Unsubscribe(handle)))
    }

    /// ACK or NACK: at once, or when its transaction is committed.
    fn settle(
        &mut self,
        now: Instant,
        frame: &Frame,
        verdict: Verdict,
    ) -> Result<Option<Request<H>>, Violation> {
        let headers = frame.headers();
        let receipt = headers.get(name::RECEIPT);
        let tag = self.acknowledged(frame)?;
        if let Some(transaction) = headers.get(name::TRANSACTION) {
            self.transactions.add(transaction, Step::Settle(tag, verdict), frame.size())?;
            return self.answer(receipt);
        }
        let leases = self.unacknowledged.settle(now, tag)?;
        self.expect_answer(receipt);
        Ok(Some(Request::Settle(leases, verdict)))
    }

    /// The delivery that an ACK or NACK is about: by `id` in 1.2, by `message-id` and `subscription` in 1.1, by
    /// `message-id` in 1.0.
    fn acknowledged(&self, frame: &Frame) -> Result<Tag, Violation> {
        let headers = frame.headers();
        let (tag, subscription) = match self.version {
            Version::V1_2 => (headers.get(name::ID), None),
            version => {
                let tag = headers.get(name::MESSAGE_ID).and_then(|id| id.rsplit('-').next());
                let subscription = headers.get(name::SUBSCRIPTION).filter(|_| version == Version::V1_1);
                (tag, subscription)
            }
        };
        let tag = tag.and_then(|tag| tag.parse().ok()).ok_or(Violation::UnknownMessage)?;
        let serial = match subscription {
            Some(id) => {
                let serial = self.subscriptions.serial(&SubscriptionName::Id(id.to_owned()));
                Some(serial.ok_or(Violation::UnknownSubscription)?)
            }
            None => None,
        };
        self.unacknowledged.check(tag, serial)?;
        Ok(tag)
    }

    /// COMMIT: what it acknowledges is looked up for all of it before any of it is carried out.
    fn commit(&mut self, now: Instant, commit: &Transaction) -> Result<Request<H>, Violation> {
        let mut batch = Batch::default();
        for step in self.transactions.end(commit.transaction())? {
            match step {
                Step::Send(send) => batch.sends.push(send),
                Step::Settle(tag, verdict) => {
                    batch.settlements.push((self.unacknowledged.settle(now, tag)?, verdict));
                }
            }
        }
        self.expect_answer(commit.receipt());
        Ok(Request::Commit(batch))
    }

    fn disconnect(&mut self, disconnect: &Disconnect) {
        self.acknowledge(disconnect.receipt());
        self.state = State::Closing(Closing::Disconnected);
    }

    /// Answers a frame that needed nothing of the driver.
    fn answer(&mut self, receipt: Option<&str>) -> Result<Option<Request<H>>, Violation> {
        self.acknowledge(receipt);
        Ok(None)
    }

    /// Notes what to answer when the driver is done.
    fn expect_answer(&mut self, receipt: Option<&str>) {
        self.pending = Some(Pending { receipt: receipt.map(str::to_owned), subscription: None });
    }
}

/// Bounds what the session keeps of a frame and echoes.
fn check_lengths(frame: &Frame) -> Result<(), Violation> {
    let echoed = [name::ID, name::RECEIPT, name::TRANSACTION];
    let long = |name: &str| frame.headers().get(name).is_some_and(|value| value.len() > MAX_ID);
    match echoed.into_iter().any(long) {
        true => Err(Violation::ValueTooLong { limit: MAX_ID }),
        false => Ok(()),
    }
}

/// The CONNECT of a 1.0 client, without the padding of its headers.
fn trimmed(connect: &Connect) -> Result<Connect, Violation> {
    let frame = connect.frame();
    let builder =
        frame.headers().iter().fold(Frame::builder(frame.command().clone()), |builder, (name, value)| {
            builder.header(name.trim_matches(' '), value.trim_matches(' '))
        });
    match ClientFrame::parse(builder.build(), Version::V1_0)? {
        ClientFrame::Connect(connect) => Ok(connect),
        _ => Err(Violation::UnknownCommand),
    }
}
