//! What can be set of files.

use serde::Deserialize;

/// Where the content of files is kept, and how much of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FileSettings {
    /// A bucket of an S3-compatible service, as `s3://bucket/prefix`, with its region, credentials and endpoint in the
    /// environment under the names that the tools of AWS read (`AWS_REGION`, `AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY`, `AWS_ENDPOINT`); the data directory if not given.
    pub url: Option<String>,
    /// Octets of a file, at most.
    pub max_size: u64,
    /// Octets of all files of a member, at most.
    pub quota: u64,
}

impl FileSettings {
    /// Octets of all files of a member, as the database counts them.
    pub(super) fn quota_octets(&self) -> i64 {
        i64::try_from(self.quota).unwrap_or(i64::MAX)
    }
}

impl Default for FileSettings {
    /// The data directory, 25 MiB a file, 1 GiB a member.
    fn default() -> Self {
        Self { url: None, max_size: 25 * 1024 * 1024, quota: 1024 * 1024 * 1024 }
    }
}
