//! Settings in the database.

use async_trait::async_trait;

use super::DbStore;
use crate::{
    domain::Timestamp,
    store::{Result, SettingStore},
};

#[async_trait]
impl SettingStore for DbStore {
    async fn settings(&self) -> Result<Vec<(String, String)>> {
        Ok(sqlx::query_as("SELECT key, value FROM setting").fetch_all(self.readers()).await?)
    }

    async fn set(&self, key: &str, value: &str, now: Timestamp) -> Result<()> {
        sqlx::query(
            "INSERT INTO setting (key, value, updated_at) VALUES ($1, $2, $3)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
        )
        .bind(key)
        .bind(value)
        .bind(now)
        .execute(self.writer())
        .await?;
        Ok(())
    }

    async fn set_once(&self, key: &str, value: &str, now: Timestamp) -> Result<String> {
        sqlx::query(
            "INSERT INTO setting (key, value, updated_at) VALUES ($1, $2, $3) ON CONFLICT (key) DO NOTHING",
        )
        .bind(key)
        .bind(value)
        .bind(now)
        .execute(self.writer())
        .await?;
        let value = sqlx::query_scalar("SELECT value FROM setting WHERE key = $1").bind(key);
        Ok(value.fetch_one(self.writer()).await?)
    }

    async fn unset(&self, key: &str, value: &str) -> Result<bool> {
        let unset = sqlx::query("DELETE FROM setting WHERE key = $1 AND value = $2").bind(key).bind(value);
        Ok(unset.execute(self.writer()).await?.rows_affected() > 0)
    }
}
