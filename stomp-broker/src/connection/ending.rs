//! The end of a connection: what is left behind, and the last octets to the peer.

use std::{future::poll_fn, io, sync::Arc};

use bytes::BytesMut;

use super::{
    Connection,
    request::Done,
    subscribed::{Subscribed, Target},
};
use crate::{Settlement, hub::Client, server::Shared, session::Closing, transport::Transport};

impl<T: Transport> Connection<T> {
    /// Lets the pending request of a session that is over come to its end without anybody who waits for it.
    pub(super) fn abandon_request(&mut self) {
        if let Some(request) = self.request.take() {
            let (shared, client) = (Arc::clone(&self.shared), Arc::clone(&self.client));
            self.shared.tasks.spawn(async move {
                let subscribed = match request.await {
                    Done::Subscribed(Ok(begun)) => Some(begun.subscribed),
                    _ => None,
                };
                end_all(&shared, subscribed.into_iter().chain(answers_to(&client))).await;
            });
        }
    }

    /// Takes the session out of the hub. What needs the back-end for it is waited for, but not without limit.
    pub(super) async fn clean_up(&mut self) {
        self.abandon_request();
        let unsent = self.client.outbox.close();
        self.shared.hub.close(&self.client);
        let (shared, settling) = (Arc::clone(&self.shared), self.settling.take());
        let principal = self.principal.take();
        let subscribed: Vec<_> = self.session.drain_subscriptions().chain(answers_to(&self.client)).collect();
        let leaving = self.shared.tasks.spawn(async move {
            if let Some(settling) = settling {
                settling.await;
            }
            shared.hub.queues.settle(unsent, Settlement::Undelivered).await;
            end_all(&shared, subscribed).await;
            if let Some(user) = principal {
                shared.interceptors().for_each(|interceptor| interceptor.disconnect(&user));
            }
        });
        // Dropping the handle does not end the task.
        let _ = tokio::time::timeout(self.shared.config.request_timeout, leaving).await;
    }

    /// Ends the connection so that the peer gets the last frame: finish sending, then read on for a while,
    /// because closing with unread input would reset the connection under it.
    pub(super) async fn finish(&mut self, reason: Closing) {
        let linger = self.shared.config.linger;
        let goodbye = async {
            poll_fn(|cx| self.transport.poll_finish(cx, reason)).await?;
            let mut unread = BytesMut::new();
            while poll_fn(|cx| self.transport.poll_read(cx, &mut unread)).await? > 0 {
                unread.clear();
            }
            Ok::<(), io::Error>(())
        };
        // Whether the peer heard it or not, this is the end.
        let _ = tokio::time::timeout(linger, goodbye).await;
    }
}

async fn end_all(shared: &Shared, subscriptions: impl IntoIterator<Item = Subscribed>) {
    for subscribed in subscriptions {
        subscribed.end(shared).await;
    }
}

/// What a client had to its temporary destinations.
fn answers_to(client: &Client) -> impl Iterator<Item = Subscribed> + use<> {
    let answers = client.replies.drain().into_iter();
    answers.map(|(address, to)| Subscribed::new(Target::Topic(address), to))
}
