//! Storing settings that all servers on a database share.

use async_trait::async_trait;

use super::Result;
use crate::domain::Timestamp;

/// Values by name.
#[async_trait]
pub trait SettingStore {
    /// All settings that were made.
    async fn settings(&self) -> Result<Vec<(String, String)>>;

    /// Makes a setting.
    async fn set(&self, key: &str, value: &str, now: Timestamp) -> Result<()>;

    /// Makes a setting unless it was made before; the one that holds now.
    async fn set_once(&self, key: &str, value: &str, now: Timestamp) -> Result<String>;

    /// Forgets a setting if that is its value; says whether it was.
    async fn unset(&self, key: &str, value: &str) -> Result<bool>;
}
