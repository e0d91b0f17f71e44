//! A provider of accounts, with what is particular about each of the real ones.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair},
};
use axum::{
    Form, Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chat_app::{
    auth::{Endpoints, OAuthClient},
    domain::Provider,
};
use image::ImageFormat;
use reqwest::Url;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::{net::TcpListener, task::AbortHandle};

use super::encoded;

/// A provider on loopback; it stops when it is dropped.
pub(crate) struct FakeProvider {
    pub(crate) address: SocketAddr,
    pub(crate) person: Arc<Mutex<Person>>,
    state: Shared,
    task: AbortHandle,
}

/// Who logs in there.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) subject: &'static str,
    pub(crate) name: &'static str,
    pub(crate) email: Option<&'static str>,
    pub(crate) verified: bool,
}

type Parameters = HashMap<String, String>;

#[derive(Clone)]
struct Shared {
    provider: Provider,
    person: Arc<Mutex<Person>>,
    /// What each code was asked for with.
    codes: Arc<Mutex<HashMap<String, Parameters>>>,
    key: Arc<RsaKeyPair>,
    picture: Arc<str>,
}

impl FakeProvider {
    pub(crate) async fn start(provider: Provider) -> Self {
        let person = Person { subject: "1234567890", name: "김철수", email: None, verified: false };
        let person = Arc::new(Mutex::new(person));
        let der: Pkcs8V1Der<'_> = KeyPair::generate(KeySize::Rsa2048).unwrap().as_der().unwrap();
        let key = Arc::new(RsaKeyPair::from_pkcs8(der.as_ref()).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let picture = format!("http://{address}/picture").into();
        let state = Shared { provider, person: Arc::clone(&person), codes: Arc::default(), key, picture };
        let router = Router::new()
            .route("/token", post(token))
            .route("/profile", get(profile))
            .route("/picture", get(async || encoded(400, 300, ImageFormat::Jpeg)))
            .with_state(state.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await }).abort_handle();
        Self { address, person, state, task }
    }

    /// The service as this provider knows it.
    pub(crate) fn client(&self) -> OAuthClient {
        let at = |path: &str| format!("http://{}{path}", self.address);
        let endpoints =
            Endpoints { authorize: at("/authorize"), token: at("/token"), profile: at("/profile") };
        OAuthClient { id: "client".to_owned(), secret: "hush".to_owned(), endpoints }
    }

    /// What the person's consent gives: a code for who was sent to this URL, and the state to bring back.
    pub(crate) fn consent(&self, location: &str) -> (String, String) {
        let url = Url::parse(location).unwrap();
        assert_eq!((url.port(), url.path()), (Some(self.address.port()), "/authorize"));
        let asked: Parameters = url.query_pairs().into_owned().collect();
        assert_eq!((&*asked["response_type"], &*asked["client_id"]), ("code", "client"));
        let is_google = self.state.provider == Provider::Google;
        assert_eq!(asked.contains_key("scope"), is_google, "others take the scope of their consoles");
        let (code, state) = (format!("code-{}", rand::random::<u64>()), asked["state"].clone());
        self.state.codes.lock().unwrap().insert(code.clone(), asked);
        (code, state)
    }
}

impl Drop for FakeProvider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn token(State(state): State<Shared>, Form(form): Form<Parameters>) -> (StatusCode, Json<Value>) {
    let asked = form.get("code").and_then(|code| state.codes.lock().unwrap().remove(code));
    let is_right = asked.as_ref().is_some_and(|asked| is_right(state.provider, asked, &form));
    let Some(asked) = asked.filter(|_| is_right) else {
        return match state.provider {
            Provider::Naver => (StatusCode::OK, Json(json!({ "error": "invalid_request" }))),
            Provider::Kakao => {
                (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant", "error_code": "KOE320" })))
            }
            Provider::Google => (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))),
        };
    };
    let answer = match state.provider {
        Provider::Google => json!({
            "access_token": "secret-token", "expires_in": 3599, "token_type": "Bearer",
            "id_token": id_token(&state, &asked["nonce"])
        }),
        Provider::Kakao => json!({
            "access_token": "secret-token", "token_type": "bearer", "expires_in": 21599,
            "refresh_token": "r", "refresh_token_expires_in": 5_183_999
        }),
        Provider::Naver => json!({
            "access_token": "secret-token", "refresh_token": "r", "token_type": "bearer", "expires_in": "3600"
        }),
    };
    (StatusCode::OK, Json(answer))
}

fn is_right(provider: Provider, asked: &Parameters, form: &Parameters) -> bool {
    let same = |name: &str| asked.get(name) == form.get(name);
    let proves = match provider {
        Provider::Google => form.get("code_verifier").is_some_and(|verifier| {
            asked["code_challenge"] == BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
        }),
        Provider::Naver => same("state"),
        Provider::Kakao => true,
    };
    let secret = form.get("client_secret").is_some_and(|secret| secret == "hush");
    same("redirect_uri") && same("client_id") && secret && proves
}

/// Google signs who the person is.
fn id_token(state: &Shared, nonce: &str) -> String {
    let person = state.person.lock().unwrap().clone();
    let expiry = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs() + 600;
    let claims = json!({
        "iss": "https://accounts.google.com", "aud": "client", "sub": person.subject, "exp": expiry, "nonce": nonce,
        "name": person.name, "email": person.email, "email_verified": person.verified,
        "picture": &*state.picture
    });
    let part = |json: Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
    let signed = format!("{}.{}", part(json!({ "alg": "RS256", "kid": "1" })), part(claims));
    let mut signature = vec![0; state.key.public_modulus_len()];
    state.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
    format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

async fn profile(State(state): State<Shared>, headers: HeaderMap) -> (StatusCode, Json<Value>) {
    let person = state.person.lock().unwrap().clone();
    if state.provider == Provider::Google {
        let key = state.key.public_key();
        let encode = |number: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(number);
        let (n, e) = (key.modulus(), key.exponent());
        let (n, e) =
            (encode(n.big_endian_without_leading_zero()), encode(e.big_endian_without_leading_zero()));
        let key = json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1", "n": n, "e": e });
        return (StatusCode::OK, Json(json!({ "keys": [key] })));
    }
    if headers.get("authorization").is_none_or(|bearer| bearer != "Bearer secret-token") {
        return (StatusCode::UNAUTHORIZED, Json(json!({ "resultcode": "024", "msg": "no" })));
    }
    let answer = match state.provider {
        Provider::Naver => json!({
            "resultcode": "00", "message": "success",
            "response": { "id": person.subject, "nickname": person.name, "email": person.email,
                "profile_image": &*state.picture }
        }),
        _ => json!({
            "id": person.subject.parse::<i64>().unwrap(), "connected_at": "2026-11-21T05:20:00Z",
            "kakao_account": {
                "profile_nickname_needs_agreement": false,
                "profile": {
                    "nickname": person.name, "is_default_image": false,
                    "profile_image_url": &*state.picture
                },
                "email": person.email, "is_email_valid": person.verified, "is_email_verified": person.verified
            },
            "properties": { "nickname": person.name }
        }),
    };
    (StatusCode::OK, Json(answer))
}
