//! The chat service as a program: accounts and guests, rooms, history, and a web client.
//!
//! ```text
//! cargo run --example chat-server
//! open http://127.0.0.1:8080/ in a browser
//! ```

use std::{error::Error, io::Write, net::SocketAddr, path::PathBuf, process::ExitCode, str::FromStr};

use chat_app::{
    Config, Listening, Origin,
    auth::{Endpoints, OAuthClient},
    domain::Provider,
    files::FileSettings,
    limits::{Rate, Rates},
};
use clap::Parser;
use tracing::info;

/// A chat server with a web client.
///
/// Without options it serves http://127.0.0.1:8080/ to this machine and keeps its data in ./data: a database and the
/// key that signs logins. Once it takes connections it says so on stdout, in one line:
///
///   ready http=127.0.0.1:8080 stomp=off
///
/// Logs go to stderr; RUST_LOG chooses which, as in RUST_LOG=chat_app=debug. SIGTERM and SIGINT end it gracefully,
/// within five seconds. It exits with 0 then, with 1 when it could not start or go on, with 2 for wrong options.
///
/// A rate is COUNT/SECONDS or COUNT/SECONDS/BURST: so many in so many seconds, and so many at once.
#[derive(Debug, Parser)]
#[command(version, verbatim_doc_comment)]
struct Options {
    /// Where to serve the web client, the API and WebSockets; port 0 is any free one.
    #[arg(long, env = "CHAT_LISTEN", value_name = "ADDRESS", default_value_t = Config::default().listen)]
    listen: SocketAddr,

    /// Where to serve STOMP over TCP, such as 127.0.0.1:61613; nowhere if not given.
    #[arg(long, env = "CHAT_STOMP_LISTEN", value_name = "ADDRESS")]
    stomp_listen: Option<SocketAddr>,

    /// Where to keep the database and the key; made if it is not there.
    #[arg(long, env = "CHAT_DATA_DIR", value_name = "DIRECTORY", default_value = "data")]
    data_dir: PathBuf,

    /// A PostgreSQL database instead of SQLite in the data directory: postgres://USER:PASSWORD@HOST/DATABASE.
    #[arg(long, env = "CHAT_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,

    /// The Redis server that joins several chat servers on one PostgreSQL database: redis://USER:PASSWORD@HOST:PORT.
    #[arg(long, env = "CHAT_REDIS_URL", value_name = "URL", hide_env_values = true)]
    redis_url: Option<String>,

    /// Another origin that may open WebSockets and send requests, such as https://chat.example.org for a proxy that
    /// does not hand on the Host header; may be repeated.
    #[arg(long, env = "CHAT_ALLOW_ORIGIN", value_name = "ORIGIN", value_delimiter = ',')]
    allow_origin: Vec<Origin>,

    /// Where the service is for browsers, such as https://chat.example.org; what they ask for if not given.
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

    /// A bucket of an S3-compatible service to keep files in instead of the data directory: s3://BUCKET/PREFIX. Its
    /// region, credentials and endpoint are in AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT.
    #[arg(long, env = "CHAT_FILES_URL", value_name = "URL")]
    files_url: Option<String>,

    /// Octets of a file, at most.
    #[arg(long, env = "CHAT_MAX_FILE", value_name = "OCTETS", default_value_t = FileSettings::default().max_size)]
    max_file: u64,

    /// Octets of all files of a member, at most.
    #[arg(long, env = "CHAT_FILE_QUOTA", value_name = "OCTETS", default_value_t = FileSettings::default().quota)]
    file_quota: u64,

    /// Logins, for each network address and for each account.
    #[arg(long, env = "CHAT_LOGIN_RATE", value_name = "RATE", default_value_t = Rates::default().login)]
    login_rate: Rate,

    /// New accounts, for each network address.
    #[arg(long, env = "CHAT_SIGN_UP_RATE", value_name = "RATE", default_value_t = Rates::default().sign_up)]
    sign_up_rate: Rate,

    /// New guests, for each network address.
    #[arg(long, env = "CHAT_GUEST_RATE", value_name = "RATE", default_value_t = Rates::default().guest)]
    guest_rate: Rate,

    /// Messages, for each member in each room.
    #[arg(long, env = "CHAT_SEND_RATE", value_name = "RATE", default_value_t = Rates::default().send)]
    send_rate: Rate,

    /// Passwords of rooms tried, for each member and each room.
    #[arg(long, env = "CHAT_ROOM_PASSWORD_RATE", value_name = "RATE", default_value_t = Rates::default().room_password)]
    room_password_rate: Rate,

    /// Passwords of rooms tried, for each room.
    #[arg(long, env = "CHAT_ROOM_PASSWORDS_RATE", value_name = "RATE", default_value_t = Rates::default().room_passwords)]
    room_passwords_rate: Rate,

    /// Searches, for each member.
    #[arg(long, env = "CHAT_SEARCH_RATE", value_name = "RATE", default_value_t = Rates::default().search)]
    search_rate: Rate,

    /// Files, for each member.
    #[arg(long, env = "CHAT_UPLOAD_RATE", value_name = "RATE", default_value_t = Rates::default().upload)]
    upload_rate: Rate,
}

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

impl From<Options> for Config {
    fn from(options: Options) -> Self {
        Self {
            listen: options.listen,
            stomp_listen: options.stomp_listen,
            data_dir: options.data_dir,
            database_url: options.database_url,
            redis_url: options.redis_url,
            allowed_origins: options.allow_origin,
            public_url: options.public_url,
            providers: options
                .provider
                .into_iter()
                .map(|ProviderOption(name, client)| (name, client))
                .collect(),
            files: FileSettings {
                url: options.files_url,
                max_size: options.max_file,
                quota: options.file_quota,
            },
            rates: Rates {
                login: options.login_rate,
                sign_up: options.sign_up_rate,
                guest: options.guest_rate,
                send: options.send_rate,
                room_password: options.room_password_rate,
                room_passwords: options.room_passwords_rate,
                search: options.search_rate,
                upload: options.upload_rate,
            },
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    examples::log_to_stderr();
    examples::exit(run(options.into()).await)
}

async fn run(config: Config) -> Result<(), Box<dyn Error>> {
    let listening = Listening::bind(&config).await?;
    let http = listening.http_address();
    let stomp = listening.stomp_address().map_or_else(|| "off".to_owned(), |address| address.to_string());
    let mut stop = examples::asked_to_stop();
    // Whoever started it may not listen.
    let _ = writeln!(std::io::stdout(), "ready http={http} stomp={stomp}");
    info!("open http://{http}/ in a browser");
    listening.serve(stop.next()).await?;
    info!("stopped");
    Ok(())
}
