//! `/app/session.renew`: a connection goes on beyond the access token that it began with.

use serde::Deserialize;
use stomp_broker::{Refusal, app::Request};

use super::{authenticator::Session, expiry::ExpiryNotice, handlers::parse, refusal::refusal};
use crate::{auth::Auth, chat::Live, error::Code};

#[derive(Deserialize)]
struct Renew {
    token: String,
}

/// The next access token of the same session keeps the connection until it ends.
pub(super) async fn renew(auth: &Auth, live: &Live, request: &Request) -> Result<(), Refusal> {
    let session = Session::of(&request.principal)?;
    let locale = session.locale;
    let done = async {
        let Renew { token } = parse(&request.body)?;
        let identity = auth.identify(&token).await?;
        let expiry = ExpiryNotice::begin(live, request.session, identity.expires_at);
        let is_own = live.renew(request.session, session.renewed(expiry).principal(&identity));
        if is_own { Ok(()) } else { Err(Code::Forbidden.into()) }
    };
    done.await.map_err(|error| refusal(&error, &request.destination, None, locale))
}
