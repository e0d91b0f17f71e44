//! Pictures that members have elsewhere: copied once, never linked to, for that would tell the other site who looks.

use reqwest::Url;

use super::{Files, MAX_AVATAR};
use crate::{
    domain::MemberId,
    error::{ChatError, Code},
};

impl Files {
    /// Makes the picture at a URL the member's own; it stays without one if that does not work.
    pub(crate) async fn adopt_avatar(&self, member: MemberId, url: &str) {
        let Some(url) = self.within_reach(url) else { return };
        if let Err(error) = self.copy_avatar(member, url).await {
            tracing::info!(%error, %member, "a picture from elsewhere is not taken");
        }
    }

    /// Some providers write `http:` although they serve the same by HTTPS.
    fn within_reach(&self, url: &str) -> Option<Url> {
        let url = Url::parse(url).ok()?;
        if self.reach.allows(&url) {
            return Some(url);
        }
        let secure = Url::parse(&format!("https{}", url.as_str().strip_prefix("http")?)).ok()?;
        self.reach.allows(&secure).then_some(secure)
    }

    async fn copy_avatar(&self, member: MemberId, url: Url) -> Result<(), ChatError> {
        let mut spool = self.begin(member, MAX_AVATAR).await?;
        let answer = self.http.get(url).send().await.and_then(|answer| answer.error_for_status());
        let mut answer = answer.map_err(|_| Code::NotFound)?;
        let mut octets = 0;
        while let Some(chunk) = answer.chunk().await.map_err(|_| Code::NotFound)? {
            octets += chunk.len() as u64;
            if octets > MAX_AVATAR {
                return Err(Code::PayloadTooLarge.into());
            }
            spool.write(&chunk).await?;
        }
        self.set_avatar(member, Some(spool)).await
    }
}
