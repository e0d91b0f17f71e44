//! The settings that the command line and the environment may give.

use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf, str::FromStr};

use chat_app::{
    Config, Origin, ServerRole,
    auth::{Endpoints, OAuthClient},
    domain::Provider,
    files::FileSettings,
    limits::{Rate, Rates},
};
use clap::Args;

/// What counts before the settings of the file.
///
/// A rate is COUNT/SECONDS or COUNT/SECONDS/BURST: so many in so many seconds, and so many at once.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// What this server does: all, or one part, api (the web client and the API) or ws (WebSockets and STOMP), while
    /// others on the same database and Redis do the rest [default: all].
    #[arg(long, env = "CHAT_ROLE", value_name = "ROLE")]
    role: Option<ServerRole>,

    /// Where to serve the web client, the API and WebSockets; port 0 is any free one [default: 127.0.0.1:8080].
    #[arg(long, env = "CHAT_LISTEN", value_name = "ADDRESS")]
    listen: Option<SocketAddr>,

    /// Where to serve STOMP over TCP, such as 127.0.0.1:61613 [default: nowhere].
    #[arg(long, env = "CHAT_STOMP_LISTEN", value_name = "ADDRESS")]
    stomp_listen: Option<SocketAddr>,

    /// Where to serve /metrics for Prometheus, such as 127.0.0.1:9464; without a login, so not for everybody
    /// [default: nowhere].
    #[arg(long, env = "CHAT_METRICS_LISTEN", value_name = "ADDRESS")]
    metrics_listen: Option<SocketAddr>,

    /// Where to keep the database, the key and files; made if it is not there [default: data].
    #[arg(long, env = "CHAT_DATA_DIR", value_name = "DIRECTORY", global = true)]
    data_dir: Option<PathBuf>,

    /// A PostgreSQL database instead of SQLite in the data directory: postgres://USER:PASSWORD@HOST/DATABASE.
    #[arg(long, env = "CHAT_DATABASE_URL", value_name = "URL", hide_env_values = true, global = true)]
    database_url: Option<String>,

    /// The Redis that joins several chat servers on one PostgreSQL database: redis://USER:PASSWORD@HOST:PORT,
    /// redis+sentinel://HOST1,HOST2/NAME or redis+cluster://HOST1,HOST2; with rediss over TLS.
    #[arg(long, env = "CHAT_REDIS_URL", value_name = "URL", hide_env_values = true)]
    redis_url: Option<String>,

    /// An origin, such as https://app.example.org, whose pages may use the API and open WebSockets; may be repeated
    /// [default: only this host's own].
    #[arg(long, env = "CHAT_ALLOW_ORIGIN", value_name = "ORIGIN", value_delimiter = ',')]
    allow_origin: Vec<Origin>,

    /// Where the service is for browsers, such as https://chat.example.org [default: what they ask for].
    #[arg(long, env = "CHAT_PUBLIC_URL", value_name = "ORIGIN")]
    public_url: Option<Origin>,

    /// By whose accounts people may log in: NAME=ID,SECRET, where NAME is google, kakao or naver, with the id and the
    /// secret that the provider gave this service; may be repeated. It has to know PUBLIC_URL/auth/oauth/NAME/callback.
    /// ID,SECRET,AUTHORIZE,TOKEN,PROFILE are other URLs than the provider's own, for tests. In the environment,
    /// providers are set apart by spaces.
    #[arg(
        long,
        env = "CHAT_PROVIDERS",
        value_name = "PROVIDER",
        value_delimiter = ' ',
        hide_env_values = true
    )]
    provider: Vec<ProviderOption>,

    /// How long an access token is valid, in seconds [default: 900].
    #[arg(long, env = "CHAT_ACCESS_TOKEN_SECONDS", value_name = "SECONDS")]
    access_token_seconds: Option<NonZeroU32>,

    /// Connections of a member at once [default: 10].
    #[arg(long, env = "CHAT_CONNECTIONS_PER_MEMBER", value_name = "COUNT")]
    connections_per_member: Option<NonZeroU32>,

    /// A bucket of an S3-compatible service to keep files in instead of the data directory: s3://BUCKET/PREFIX. Its
    /// region, credentials and endpoint are in AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT.
    #[arg(long, env = "CHAT_FILES_URL", value_name = "URL", global = true)]
    files_url: Option<String>,

    /// Octets of a file, at most [default: 26214400].
    #[arg(long, env = "CHAT_MAX_FILE", value_name = "OCTETS")]
    max_file: Option<u64>,

    /// Octets of all files of a member, at most [default: 1073741824].
    #[arg(long, env = "CHAT_FILE_QUOTA", value_name = "OCTETS")]
    file_quota: Option<u64>,

    /// Logins, for each network address and for each account [default: 10/180].
    #[arg(long, env = "CHAT_LOGIN_RATE", value_name = "RATE")]
    login_rate: Option<Rate>,

    /// New accounts, for each network address [default: 5/3600].
    #[arg(long, env = "CHAT_SIGN_UP_RATE", value_name = "RATE")]
    sign_up_rate: Option<Rate>,

    /// New guests, for each network address [default: 20/3600].
    #[arg(long, env = "CHAT_GUEST_RATE", value_name = "RATE")]
    guest_rate: Option<Rate>,

    /// Messages, for each member in each room [default: 10/10/20].
    #[arg(long, env = "CHAT_SEND_RATE", value_name = "RATE")]
    send_rate: Option<Rate>,

    /// Frames sent over STOMP, for each member [default: 20/1/60].
    #[arg(long, env = "CHAT_STOMP_RATE", value_name = "RATE")]
    stomp_rate: Option<Rate>,

    /// Passwords of rooms tried, for each member and each room [default: 5/60].
    #[arg(long, env = "CHAT_ROOM_PASSWORD_RATE", value_name = "RATE")]
    room_password_rate: Option<Rate>,

    /// Passwords of rooms tried, for each room [default: 100/3600].
    #[arg(long, env = "CHAT_ROOM_PASSWORDS_RATE", value_name = "RATE")]
    room_passwords_rate: Option<Rate>,

    /// Searches, for each member [default: 30/60].
    #[arg(long, env = "CHAT_SEARCH_RATE", value_name = "RATE")]
    search_rate: Option<Rate>,

    /// Files, for each member [default: 30/60].
    #[arg(long, env = "CHAT_UPLOAD_RATE", value_name = "RATE")]
    upload_rate: Option<Rate>,

    /// Reports to administrators, for each member [default: 20/3600].
    #[arg(long, env = "CHAT_REPORT_RATE", value_name = "RATE")]
    report_rate: Option<Rate>,

    /// Archives of own data and of rooms, for each member [default: 3/3600].
    #[arg(long, env = "CHAT_EXPORT_RATE", value_name = "RATE")]
    export_rate: Option<Rate>,
}

impl Options {
    /// These, and what `file` says of all others.
    pub(super) fn over(self, file: Config) -> Config {
        let rates = file.rates;
        Config {
            role: self.role.unwrap_or(file.role),
            listen: self.listen.unwrap_or(file.listen),
            stomp_listen: self.stomp_listen.or(file.stomp_listen),
            metrics_listen: self.metrics_listen.or(file.metrics_listen),
            data_dir: self.data_dir.unwrap_or(file.data_dir),
            database_url: self.database_url.or(file.database_url),
            redis_url: self.redis_url.or(file.redis_url),
            allowed_origins: Some(self.allow_origin)
                .filter(|origins| !origins.is_empty())
                .unwrap_or(file.allowed_origins),
            public_url: self.public_url.or(file.public_url),
            providers: file
                .providers
                .into_iter()
                .chain(self.provider.into_iter().map(|ProviderOption(name, client)| (name, client)))
                .collect(),
            access_token_seconds: self.access_token_seconds.unwrap_or(file.access_token_seconds),
            connections_per_member: self.connections_per_member.unwrap_or(file.connections_per_member),
            files: FileSettings {
                url: self.files_url.or(file.files.url),
                max_size: self.max_file.unwrap_or(file.files.max_size),
                quota: self.file_quota.unwrap_or(file.files.quota),
            },
            reach: file.reach,
            rates: Rates {
                login: self.login_rate.unwrap_or(rates.login),
                sign_up: self.sign_up_rate.unwrap_or(rates.sign_up),
                guest: self.guest_rate.unwrap_or(rates.guest),
                send: self.send_rate.unwrap_or(rates.send),
                stomp: self.stomp_rate.unwrap_or(rates.stomp),
                room_password: self.room_password_rate.unwrap_or(rates.room_password),
                room_passwords: self.room_passwords_rate.unwrap_or(rates.room_passwords),
                search: self.search_rate.unwrap_or(rates.search),
                upload: self.upload_rate.unwrap_or(rates.upload),
                report: self.report_rate.unwrap_or(rates.report),
                export: self.export_rate.unwrap_or(rates.export),
            },
        }
    }
}

/// A provider on the command line.
#[derive(Debug, Clone)]
struct ProviderOption(Provider, OAuthClient);

impl FromStr for ProviderOption {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, parts) = text.split_once('=').ok_or("expected NAME=ID,SECRET")?;
        let provider = name.parse()?;
        let client = match *parts.split(',').collect::<Vec<_>>() {
            [id, secret] => OAuthClient::new(provider, id.into(), secret.into()),
            [id, secret, authorize, token, profile] => OAuthClient {
                id: id.into(),
                secret: secret.into(),
                endpoints: Endpoints {
                    authorize: authorize.into(),
                    token: token.into(),
                    profile: profile.into(),
                },
            },
            _ => return Err("expected NAME=ID,SECRET or NAME=ID,SECRET,AUTHORIZE,TOKEN,PROFILE"),
        };
        Ok(Self(provider, client))
    }
}
