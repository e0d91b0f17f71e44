//! Functions as handlers.

use std::{future::Future, marker::PhantomData};

use async_trait::async_trait;

use super::{FromRequest, IntoReply, Reply, Request};
use crate::Refusal;

/// An `async fn` of up to six extractors ([`FromRequest`]) that returns something to send ([`IntoReply`]).
///
/// `A` is the tuple of the arguments; it is inferred.
pub trait Handler<S, A>: Send + Sync + 'static {
    /// Calls the function with what it asks for.
    fn call(&self, request: Request, state: &S) -> impl Future<Output = Result<Reply, Refusal>> + Send;
}

macro_rules! handler {
    ($($argument:ident)*) => {
        impl<S, F, Fut, R, $($argument,)*> Handler<S, ($($argument,)*)> for F
        where
            S: Sync,
            F: Fn($($argument,)*) -> Fut + Send + Sync + 'static,
            Fut: Future<Output = R> + Send,
            R: IntoReply,
            $($argument: FromRequest<S> + Send,)*
        {
            #[allow(non_snake_case, unused_variables)]
            async fn call(&self, request: Request, state: &S) -> Result<Reply, Refusal> {
                $(let $argument = $argument::from_request(&request, state)?;)*
                self($($argument,)*).await.into_reply()
            }
        }
    };
}

handler!();
handler!(A1);
handler!(A1 A2);
handler!(A1 A2 A3);
handler!(A1 A2 A3 A4);
handler!(A1 A2 A3 A4 A5);
handler!(A1 A2 A3 A4 A5 A6);

/// A handler without the types of its arguments, so that handlers of all kinds fit one table.
#[async_trait]
pub(crate) trait Erased<S>: Send + Sync {
    async fn call(&self, request: Request, state: &S) -> Result<Reply, Refusal>;
}

pub(crate) type BoxedHandler<S> = Box<dyn Erased<S>>;

pub(crate) fn erase<S, A, H>(handler: H) -> BoxedHandler<S>
where
    S: Sync + 'static,
    A: 'static,
    H: Handler<S, A>,
{
    Box::new(Typed { handler, arguments: PhantomData })
}

struct Typed<H, A> {
    handler: H,
    arguments: PhantomData<fn(A)>,
}

#[async_trait]
impl<S, A, H> Erased<S> for Typed<H, A>
where
    S: Sync,
    A: 'static,
    H: Handler<S, A>,
{
    async fn call(&self, request: Request, state: &S) -> Result<Reply, Refusal> {
        self.handler.call(request, state).await
    }
}
