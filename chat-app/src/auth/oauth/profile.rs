//! Who somebody is, in the words of each provider.

use serde::Deserialize;

use super::Failure;
use crate::domain::Email;

/// Who somebody is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Profile {
    pub(super) subject: String,
    pub(super) name: Option<String>,
    pub(super) email: Option<Email>,
    /// Whether the provider vouches for the address.
    pub(super) verified: bool,
    /// Where a picture is.
    pub(super) picture: Option<String>,
}

/// The answer of `/v2/user/me`. The address is absent unless the person consented.
#[derive(Deserialize)]
pub(super) struct KakaoUser {
    id: i64,
    kakao_account: Option<KakaoAccount>,
}

#[derive(Default, Deserialize)]
struct KakaoAccount {
    profile: Option<KakaoProfile>,
    email: Option<String>,
    #[serde(default)]
    is_email_valid: bool,
    #[serde(default)]
    is_email_verified: bool,
}

#[derive(Deserialize)]
struct KakaoProfile {
    nickname: Option<String>,
    profile_image_url: Option<String>,
    #[serde(default)]
    is_default_image: bool,
}

/// The answer of `/v1/nid/me`.
#[derive(Deserialize)]
pub(super) struct NaverUser {
    resultcode: String,
    response: Option<NaverAccount>,
}

#[derive(Deserialize)]
struct NaverAccount {
    id: String,
    nickname: Option<String>,
    name: Option<String>,
    email: Option<String>,
    profile_image: Option<String>,
}

impl Profile {
    pub(super) fn of_kakao(user: KakaoUser) -> Self {
        let account = user.kakao_account.unwrap_or_default();
        let (name, picture) = account.profile.map_or((None, None), |profile| {
            (profile.nickname, profile.profile_image_url.filter(|_| !profile.is_default_image))
        });
        Self {
            subject: user.id.to_string(),
            name,
            email: account.email.as_deref().and_then(Email::parse),
            verified: account.is_email_valid && account.is_email_verified,
            picture,
        }
    }

    /// Naver does not say whether it verified an address.
    pub(super) fn of_naver(user: NaverUser) -> Result<Self, Failure> {
        match user {
            NaverUser { resultcode, response: Some(account) } if resultcode == "00" => Ok(Self {
                subject: account.id,
                name: account.nickname.or(account.name),
                email: account.email.as_deref().and_then(Email::parse),
                verified: false,
                picture: account.profile_image,
            }),
            NaverUser { resultcode, .. } => Err(Failure::new(format_args!("resultcode {resultcode:?}"))),
        }
    }
}
