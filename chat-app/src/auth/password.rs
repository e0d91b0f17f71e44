//! Hashing passwords (argon2id, RFC 9106).

use std::sync::Arc;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::{error::ChatError, limits::RateLimited};

/// A hash takes 19 MiB and a core for about 20 ms: so many at a time.
const AT_ONCE: usize = 2;

/// Those that wait for their turn; more are told to come again.
const WAITING: usize = 64;

/// Hashes and verifies, a few at a time; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    /// Of a password that nobody knows: verifying against it takes as long as against a real one.
    decoy: Arc<str>,
}

impl Passwords {
    pub(crate) fn new() -> Self {
        let nobodys = rand::random::<[u8; 32]>();
        let decoy: PasswordHash = Argon2::default()
            .hash_password(&nobodys)
            .expect("the default parameters suit a password of 32 bytes");
        Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            queue: Arc::new(Semaphore::new(AT_ONCE + WAITING)),
            decoy: decoy.to_string().into(),
        }
    }

    /// The hash of a password as a PHC string.
    pub(crate) async fn hash(
        &self,
        password: impl AsRef<[u8]> + Send + 'static,
    ) -> Result<String, ChatError> {
        self.work(move || {
            let hash: PasswordHash = Argon2::default()
                .hash_password(password.as_ref())
                .map_err(|_| ChatError::Internal("a password could not be hashed"))?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether the hash is that of the password. Without a hash the answer is no, and takes as long.
    pub(crate) async fn verify(
        &self,
        password: impl AsRef<[u8]> + Send + 'static,
        hash: Option<String>,
    ) -> Result<bool, ChatError> {
        let (known, decoy) = (hash.is_some(), Arc::clone(&self.decoy));
        self.work(move || {
            let hash = hash.as_deref().unwrap_or(&decoy);
            let hash =
                PasswordHash::new(hash).map_err(|_| ChatError::Internal("a stored hash is malformed"))?;
            let matches = Argon2::default().verify_password(password.as_ref(), &hash).is_ok();
            Ok(matches && known)
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, ChatError> + Send + 'static,
    ) -> Result<T, ChatError> {
        let limit = (AT_ONCE + WAITING) as u32;
        let _place = self.queue.try_acquire().map_err(|_| RateLimited { limit, retry_after: 1 })?;
        // The turn goes with the work: it goes on when nobody waits for its result any more.
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        spawn_blocking(move || {
            let _turn = turn;
            work()
        })
        .await
        .unwrap_or(Err(ChatError::Internal("hashing panicked")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Password;

    fn password(text: &str) -> Password {
        Password::parse(text.to_owned()).unwrap()
    }

    #[tokio::test]
    async fn the_right_password_verifies_and_no_other() {
        let passwords = Passwords::new();
        let hash = passwords.hash(password("correct horse")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify(password("correct horse"), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(password("battery staple"), Some(hash)).await.unwrap());
        assert!(!passwords.verify(password("correct horse"), None).await.unwrap());
    }

    #[tokio::test]
    async fn a_flood_is_turned_away() {
        let passwords = Passwords::new();
        let everyone_else = (AT_ONCE + WAITING - 1) as u32;
        let _crowd = passwords.queue.try_acquire_many(everyone_else).unwrap();
        assert!(passwords.verify(password("password"), None).await.is_ok(), "one place is left");
        let _last = passwords.queue.try_acquire().unwrap();
        let turned_away = passwords.verify(password("password"), None).await;
        assert!(matches!(turned_away, Err(ChatError::RateLimited(_))));
    }
}
