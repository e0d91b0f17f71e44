//! Logging in by an account elsewhere.

use std::time::Duration;

use chat_app::{Reach, domain::Provider};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Answer, FakeProvider, Person, TestApp, User};

/// A service that one provider is set up for.
struct Setup {
    provider: Provider,
    fake: FakeProvider,
    app: TestApp,
}

/// A login on its way back.
struct Callback {
    code: String,
    state: String,
    cookie: String,
}

impl Setup {
    async fn new(provider: Provider) -> Self {
        let fake = FakeProvider::start(provider).await;
        let client = fake.client();
        let app = TestApp::start_with(|config| {
            config.providers.insert(provider, client);
        })
        .await;
        Self { provider, fake, app }
    }

    fn person(&self, person: Person) {
        *self.fake.person.lock().unwrap() = person;
    }

    async fn start(&self, query: &str, cookie: &str) -> Answer {
        let path = format!("/auth/oauth/{}/start?{query}", self.provider);
        Answer::of(self.app.request(Method::GET, &path).header("cookie", cookie)).await
    }

    /// Goes to the provider and consents.
    async fn consent(&self, query: &str, cookie: &str) -> Callback {
        let started = self.start(query, cookie).await;
        assert_eq!(started.status, 302, "{started:?}");
        let set = started.header("set-cookie");
        assert!(set.contains("; HttpOnly; SameSite=Lax") && set.contains("Path=/auth/oauth;"), "{set}");
        let (code, state) = self.fake.consent(started.header("location"));
        Callback { code, state, cookie: set.split(';').next().unwrap().to_owned() }
    }

    /// Comes back, from another site, as browsers say.
    async fn come_back(&self, callback: &Callback) -> Answer {
        let Callback { code, state, cookie } = callback;
        let path = format!("/auth/oauth/{}/callback?code={code}&state={state}", self.provider);
        let request = self.app.request(Method::GET, &path).header("cookie", cookie);
        Answer::of(request.header("sec-fetch-site", "cross-site")).await
    }

    async fn log_in(&self) -> Answer {
        self.come_back(&self.consent("", "").await).await
    }

    /// Who is logged in by the cookie of an answer.
    async fn member(&self, answer: &Answer) -> Value {
        let refresh = Answer::cookie(answer, "refresh").expect("a session");
        let request = self.app.request(Method::POST, "/auth/refresh").header("cookie", refresh);
        Answer::of(request).await.ok()["member"].clone()
    }

    async fn refused(&self, callback: &Callback, code: &str) {
        let answer = self.come_back(callback).await;
        assert_eq!((answer.status, answer.header("location")), (302, &*format!("/login?error={code}")));
        assert_eq!(answer.cookie("refresh"), None);
    }
}

fn person(subject: &'static str, email: Option<&'static str>, verified: bool) -> Person {
    Person { subject, name: "김철수", email, verified }
}

#[rstest]
#[case(Provider::Google)]
#[case(Provider::Kakao)]
#[case(Provider::Naver)]
#[tokio::test]
async fn the_same_account_is_the_same_member(#[case] provider: Provider) {
    let setup = Setup::new(provider).await;
    let providers = setup.app.get("/auth/providers").await.ok();
    assert_eq!(providers[0]["id"], provider.as_str());

    let callback = setup.consent("return_to=/r/7", "").await;
    let answer = setup.come_back(&callback).await;
    assert_eq!((answer.status, answer.header("location")), (302, "/r/7"));
    let member = setup.member(&answer).await;
    assert_eq!((&member["name"], &member["kind"]), (&json!("김철수"), &json!("USER")));
    assert_eq!(member["email"], json!(null));
    let again = setup.log_in().await;
    assert_eq!(setup.member(&again).await["id"], member["id"]);

    setup.person(person("42", None, false));
    let other = setup.log_in().await;
    assert_ne!(setup.member(&other).await["id"], member["id"]);
}

#[rstest]
#[case(Provider::Google)]
#[case(Provider::Kakao)]
#[case(Provider::Naver)]
#[tokio::test]
async fn a_code_works_once(#[case] provider: Provider) {
    let setup = Setup::new(provider).await;
    let callback = setup.consent("", "").await;
    assert_eq!(setup.come_back(&callback).await.header("location"), "/");
    setup.refused(&callback, "OAUTH_FAILED").await;
}

#[tokio::test]
async fn only_the_browser_that_began_comes_back() {
    let setup = Setup::new(Provider::Google).await;
    let (mine, theirs) = (setup.consent("", "").await, setup.consent("", "").await);
    let with = |state: &str, cookie: &str| Callback {
        code: mine.code.clone(),
        state: state.to_owned(),
        cookie: cookie.to_owned(),
    };
    setup.refused(&with("", &mine.cookie), "OAUTH_STATE").await;
    setup.refused(&with(&theirs.state, &mine.cookie), "OAUTH_STATE").await;
    setup.refused(&with(&mine.state, &theirs.cookie), "OAUTH_STATE").await;
    setup.refused(&with(&mine.state, ""), "OAUTH_STATE").await;
    setup.refused(&with(&mine.state, &format!("{}x", mine.cookie)), "OAUTH_STATE").await;
    // The code of somebody else was asked for with another verifier.
    setup
        .refused(&Callback { code: theirs.code.clone(), ..with(&mine.state, &mine.cookie) }, "OAUTH_FAILED")
        .await;
    assert_eq!(setup.come_back(&mine).await.header("location"), "/");
}

#[tokio::test]
async fn who_declines_is_told() {
    let setup = Setup::new(Provider::Kakao).await;
    let Callback { state, cookie, .. } = setup.consent("", "").await;
    let path = format!("/auth/oauth/kakao/callback?error=access_denied&state={state}");
    let answer = Answer::of(setup.app.request(Method::GET, &path).header("cookie", cookie)).await;
    assert_eq!(answer.header("location"), "/login?error=OAUTH_DENIED");
}

#[tokio::test]
async fn nobody_is_sent_elsewhere_afterwards() {
    let setup = Setup::new(Provider::Naver).await;
    for path in ["//evil.example.com", "https://evil.example.com", "/%5Cevil.example.com", "evil"] {
        setup.start(&format!("return_to={path}"), "").await.refused(400, "VALIDATION");
    }
    setup.app.get("/auth/oauth/google/start").await.refused(404, "NOT_FOUND");
    setup.app.get("/auth/oauth/other/start").await.refused(404, "NOT_FOUND");
}

#[tokio::test]
async fn an_address_that_nobody_verified_for_both_takes_no_account_over() {
    let setup = Setup::new(Provider::Google).await;
    let kim = setup.app.user("kim").await;
    setup.person(person("1", Some("kim@example.com"), true));
    setup.refused(&setup.consent("", "").await, "EMAIL_TAKEN").await;
    setup.person(person("2", Some("kim@example.com"), false));
    let answer = setup.log_in().await;
    let member = setup.member(&answer).await;
    assert_ne!(member["id"], kim.id);
    assert_eq!(member["email"], json!(null), "an address that is not verified is nobody's");
}

#[tokio::test]
async fn an_address_that_providers_verified_for_both_is_one_member() {
    let (google, kakao) =
        (FakeProvider::start(Provider::Google).await, FakeProvider::start(Provider::Kakao).await);
    let clients = [(Provider::Google, google.client()), (Provider::Kakao, kakao.client())];
    let app = TestApp::start_with(|config| config.providers = clients.into()).await;
    let of_google = Setup { provider: Provider::Google, fake: google, app };
    of_google.person(person("1", Some("kim@example.com"), true));
    let answer = of_google.log_in().await;
    let member = of_google.member(&answer).await;
    assert_eq!(member["email"], "kim@example.com");

    let of_kakao = Setup { provider: Provider::Kakao, fake: kakao, app: of_google.app };
    of_kakao.person(person("2", Some("kim@example.com"), true));
    let answer = of_kakao.log_in().await;
    assert_eq!(of_kakao.member(&answer).await["id"], member["id"]);
}

#[tokio::test]
async fn a_member_links_an_account_and_keeps_a_way_in() {
    let setup = Setup::new(Provider::Naver).await;
    let kim = setup.app.user("kim").await;
    let link = async |user: &User<'_>| {
        let cookie = format!("refresh={}", user.refresh_token);
        setup.come_back(&setup.consent("link=1&return_to=/settings", &cookie).await).await
    };
    let answer = link(&kim).await;
    assert_eq!((answer.header("location"), answer.cookie("refresh")), ("/settings", None));
    assert_eq!(kim.get("/member/me/identities").await.ok()[0]["provider"], "naver");
    let answer = setup.log_in().await;
    assert_eq!(setup.member(&answer).await["id"], kim.id);

    let eve = setup.app.user("eve").await;
    assert_eq!(link(&eve).await.header("location"), "/login?error=ALREADY_LINKED");
    setup.start("link=1", "").await.refused(401, "NO_TOKEN");
    setup.start("link=1", "refresh=x").await.refused(401, "INVALID_TOKEN");

    assert_eq!(kim.delete("/member/me/identities/naver").await.status, 204);
    kim.delete("/member/me/identities/naver").await.refused(404, "NOT_FOUND");
    let answer = setup.log_in().await;
    let refresh = answer.cookie("refresh").unwrap().split_once('=').unwrap().1.to_owned();
    let only = setup.app.post("/auth/refresh", &json!({ "refreshToken": refresh })).await.ok();
    let only = User::new(&setup.app, &only);
    only.delete("/member/me/identities/naver").await.refused(409, "LAST_WAY_IN");
}

#[tokio::test]
async fn people_come_back_to_the_public_address() {
    let fake = FakeProvider::start(Provider::Naver).await;
    let client = fake.client();
    let app = TestApp::start_with(|config| {
        config.public_url = Some("https://chat.example.org".parse().unwrap());
        config.providers.insert(Provider::Naver, client);
    })
    .await;
    let started = app.get("/auth/oauth/naver/start").await;
    let callback = "redirect_uri=https%3A%2F%2Fchat.example.org%2Fauth%2Foauth%2Fnaver%2Fcallback";
    assert!(started.header("location").contains(callback), "{started:?}");
    assert!(started.header("set-cookie").ends_with("; Secure"), "{started:?}");
}

#[rstest]
#[case(Provider::Google)]
#[case(Provider::Kakao)]
#[case(Provider::Naver)]
#[tokio::test]
async fn a_new_member_gets_a_copy_of_its_picture(#[case] provider: Provider) {
    let fake = FakeProvider::start(provider).await;
    let client = fake.client();
    let app = TestApp::start_with(|config| {
        config.providers.insert(provider, client);
        config.reach = Reach::Anywhere;
    })
    .await;
    let setup = Setup { provider, fake, app };
    let member = setup.member(&setup.log_in().await).await;
    let park = setup.app.guest("park").await;
    let picture = async {
        loop {
            let member = park.get(&format!("/member/{}", member["id"])).await.ok();
            if let Some(url) = member["avatarUrl"].as_str() {
                return url.to_owned();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let picture = tokio::time::timeout(Duration::from_secs(20), picture).await.expect("a picture in time");
    assert!(picture.starts_with("/file/"), "{picture}");
    assert_eq!(park.get(&format!("{picture}?")).await.header("content-type"), "image/jpeg");
}
