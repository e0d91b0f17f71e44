//! A member as a client of the service.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Answer, Remote, Stomp};

pub(crate) struct User<'a> {
    pub(crate) id: i64,
    pub(crate) token: String,
    pub(crate) refresh_token: String,
    app: &'a Remote,
}

impl<'a> User<'a> {
    pub(crate) fn new(app: &'a Remote, login: &Value) -> Self {
        let text = |name: &str| login[name].as_str().unwrap().to_owned();
        Self {
            id: login["id"].as_i64().unwrap(),
            token: text("token"),
            refresh_token: text("refreshToken"),
            app,
        }
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let request = self.app.request(method, path).bearer_auth(&self.token);
        Answer::of(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.ask(Method::DELETE, path, None).await
    }

    /// Makes a group room.
    pub(crate) async fn create_room(&self, name: &str) -> i64 {
        let room = self.post("/chat/room/group/create", &json!({ "roomName": name })).await.ok();
        room["roomId"].as_i64().unwrap()
    }

    pub(crate) async fn join(&self, room: i64) {
        self.post(&format!("/chat/room/group/{room}/join"), &json!({})).await.ok();
    }

    pub(crate) async fn leave(&self, room: i64) {
        self.delete(&format!("/chat/room/group/{room}/leave")).await.ok();
    }

    /// Says something by HTTP.
    pub(crate) async fn say(&self, room: i64, text: &str) -> Value {
        self.post(&format!("/chat/room/{room}/messages"), &json!({ "message": text })).await.ok()
    }

    /// The texts of a room's newest messages.
    pub(crate) async fn texts(&self, room: i64) -> Vec<String> {
        let history = self.get(&format!("/chat/history/{room}")).await.ok();
        history.as_array().unwrap().iter().map(|m| m["message"].as_str().unwrap().to_owned()).collect()
    }

    pub(crate) async fn connect(&self) -> Stomp {
        Stomp::connect(self.app.address, &self.token).await
    }
}
