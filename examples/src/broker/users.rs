//! `[[user]]`: who may log in.

use std::{collections::HashMap, sync::Arc};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use serde::{Deserialize, Deserializer, de::Error};
use stomp_broker::{Authenticator, Credentials, Open, Principal, Refusal, async_trait};
use tokio::{sync::Semaphore, task::spawn_blocking};

/// A hash takes 19 MiB and a core for some 20 ms: so many at a time. Others wait until their login times out.
const AT_ONCE: usize = 2;

/// Somebody who may log in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The name.
    pub login: String,
    /// The hash of the password, as a PHC string of argon2.
    #[serde(deserialize_with = "phc")]
    pub password_hash: String,
    /// What the user is.
    #[serde(default)]
    pub roles: Vec<String>,
}

impl User {
    /// Somebody with that password, and without roles.
    pub fn new(login: String, password: &str) -> Self {
        Self { login, password_hash: hash(password), roles: Vec::new() }
    }
}

/// Lets in the users, or anybody if there are none.
#[derive(Debug)]
pub(super) struct Users {
    by_login: HashMap<String, User>,
    /// Of a password that nobody knows: an unknown login takes as long as a wrong password.
    decoy: String,
    turns: Arc<Semaphore>,
}

impl Users {
    /// Those of the file.
    pub(super) fn new(users: &[User]) -> Self {
        Self {
            by_login: users.iter().map(|user| (user.login.clone(), user.clone())).collect(),
            decoy: hash(&format!("{:032x}", rand::random::<u128>())),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

#[async_trait]
impl Authenticator for Users {
    async fn authenticate(&self, credentials: Credentials<'_>) -> Result<Principal, Refusal> {
        if self.by_login.is_empty() {
            return Open.authenticate(credentials).await;
        }
        let user = self.by_login.get(credentials.login().unwrap_or_default());
        let hash = user.map_or(&self.decoy, |user| &user.password_hash).clone();
        let password = credentials.passcode().unwrap_or_default().to_owned();
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let is_right = spawn_blocking(move || {
            let _turn = turn;
            let hash = PasswordHash::new(&hash);
            hash.is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        });
        match (is_right.await, user) {
            (Ok(true), Some(user)) => Ok(Principal::new(user.login.as_str()).roles(&user.roles)),
            _ => Err(Refusal::new("authentication failed").text("Wrong login or passcode.\n")),
        }
    }
}

/// The hash of a password, for the file.
///
/// # Panics
///
/// If the password is longer than 4 GiB.
pub fn hash(password: &str) -> String {
    let hash: PasswordHash = Argon2::default()
        .hash_password(password.as_bytes())
        .expect("the default parameters suit any password");
    hash.to_string()
}

fn phc<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    match PasswordHash::new(&text) {
        Ok(_) => Ok(text),
        Err(error) => Err(D::Error::custom(format!("not a hash of `broker --hash-password`: {error}"))),
    }
}
