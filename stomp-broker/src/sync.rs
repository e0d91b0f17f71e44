//! What the outbox is made of, so that loom's models can take its place: `hub/outbox_model.rs`.

#[cfg(stomp_loom)]
pub(crate) use loom::sync::{Mutex, MutexGuard};
#[cfg(not(stomp_loom))]
pub(crate) use {
    futures_util::task::AtomicWaker,
    std::sync::{Mutex, MutexGuard},
};

#[cfg(stomp_loom)]
pub(crate) use self::modelled::AtomicWaker;

#[cfg(stomp_loom)]
mod modelled {
    use std::task::Waker;

    /// loom's, by the names of futures'.
    #[derive(Debug)]
    pub(crate) struct AtomicWaker(loom::future::AtomicWaker);

    impl AtomicWaker {
        pub(crate) fn new() -> Self {
            Self(loom::future::AtomicWaker::new())
        }

        pub(crate) fn register(&self, waker: &Waker) {
            self.0.register_by_ref(waker);
        }

        pub(crate) fn wake(&self) {
            self.0.wake();
        }
    }
}
