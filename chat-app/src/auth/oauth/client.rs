//! Asking a provider who somebody is.

use std::time::Duration;

use reqwest::{RequestBuilder, Url, redirect::Policy};
use serde::{Deserialize, de::DeserializeOwned};

use super::{Failure, OAuthClient, id_token, profile::Profile, state::State};
use crate::domain::Provider;

/// How long a provider may take for one answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Octets of an answer, at most.
const MAX_ANSWER: usize = 64 * 1024;

/// An HTTP client for providers.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
}

/// What comes for a code. Anything else of the answer is not looked at: Naver writes its numbers as text.
#[derive(Deserialize)]
struct Tokens {
    access_token: Option<String>,
    id_token: Option<String>,
    error: Option<String>,
}

impl Client {
    pub(super) fn new() -> Self {
        let http = reqwest::Client::builder().timeout(PATIENCE).redirect(Policy::none()).no_proxy();
        Self { http: http.build().expect("a client with these settings can be built") }
    }

    /// Where a person is asked.
    pub(super) fn authorize_url(client: &OAuthClient, state: &State) -> Result<String, Failure> {
        let mut url = Url::parse(&client.endpoints.authorize).map_err(Failure::new)?;
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &client.id)
            .append_pair("redirect_uri", &state.redirect_uri)
            .append_pair("state", &state.state);
        // Kakao and Naver ask for what is set in their consoles.
        if state.provider == Provider::Google {
            query
                .append_pair("scope", "openid email profile")
                .append_pair("nonce", &state.nonce)
                .append_pair("code_challenge", &state.challenge())
                .append_pair("code_challenge_method", "S256");
        }
        drop(query);
        Ok(url.into())
    }

    /// Exchanges a code for who the person is.
    pub(super) async fn profile(
        &self,
        client: &OAuthClient,
        state: &State,
        code: &str,
    ) -> Result<Profile, Failure> {
        let tokens = self.tokens(client, state, code).await?;
        if state.provider == Provider::Google {
            let token = tokens.id_token.ok_or_else(|| Failure::new("no id_token"))?;
            let keys = self.ask(self.http.get(&client.endpoints.profile)).await?;
            return id_token::verify(&token, &keys, &client.id, &state.nonce);
        }
        let token = tokens.access_token.ok_or_else(|| {
            Failure::new(format_args!("no access_token: {:?}", tokens.error.unwrap_or_default()))
        })?;
        let request = self.http.get(&client.endpoints.profile).bearer_auth(token);
        match state.provider {
            Provider::Naver => Profile::of_naver(self.ask(request).await?),
            _ => Ok(Profile::of_kakao(self.ask(request).await?)),
        }
    }

    async fn tokens(&self, client: &OAuthClient, state: &State, code: &str) -> Result<Tokens, Failure> {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("client_id", &client.id),
            ("client_secret", &client.secret),
            ("redirect_uri", &state.redirect_uri),
            ("code", code),
        ];
        match state.provider {
            Provider::Google => form.push(("code_verifier", &state.verifier)),
            Provider::Naver => form.push(("state", &state.state)),
            Provider::Kakao => {}
        }
        self.ask(self.http.post(&client.endpoints.token).form(&form)).await
    }

    /// The JSON of an answer, whatever its status: Naver reports errors with 200.
    async fn ask<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Failure> {
        // The URL could hold a secret, if somebody set it so.
        let failure = |error: reqwest::Error| Failure::new(error.without_url());
        let mut response = request.send().await.map_err(failure)?;
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(failure)? {
            if body.len() + part.len() > MAX_ANSWER {
                return Err(Failure::new("the answer is too long"));
            }
            body.extend_from_slice(&part);
        }
        let status = response.status();
        serde_json::from_slice(&body)
            .map_err(|error| Failure::new(format_args!("{status}, not as expected: {error}")))
    }
}
