//! The listeners of the settings.

use std::{
    error::Error,
    fmt, fs,
    future::{Future, pending},
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use futures_util::future::BoxFuture;
use stomp_broker::{Listener, Server};
use tokio::net::{TcpListener, UnixListener};

use super::{
    Settings, operation,
    settings::{Http, Metrics, Tcp, Tls, Unix},
};

/// Open listeners.
pub(super) struct Listening {
    server: Server,
    /// Serves each; ends when the server does.
    pub(super) serving: Vec<BoxFuture<'static, io::Result<()>>>,
    /// Where they are, as ` KIND=ADDRESS` each.
    pub(super) places: String,
}

impl Listening {
    /// Opens all listeners that are wanted.
    pub(super) async fn open(settings: &Settings, server: &Server) -> Result<Self, Box<dyn Error>> {
        let mut all = Self { server: server.clone(), serving: Vec::new(), places: String::new() };
        let Settings { tcp, http, tls, unix, metrics, .. } = settings;
        if let Some(tcp) = tcp {
            all.tcp(tcp).await?;
        }
        if let Some(http) = http {
            all.http(http).await?;
        }
        if let Some(tls) = tls {
            all.tls(tls).await?;
        }
        if let Some(unix) = unix {
            all.unix(unix)?;
        }
        if let Some(metrics) = metrics {
            all.metrics(metrics).await?;
        }
        Ok(all)
    }

    async fn tcp(&mut self, Tcp { listen, proxies }: &Tcp) -> Result<(), Box<dyn Error>> {
        let (listener, proxies) = (bind(*listen).await?, proxies.clone());
        let place = listener.local_addr()?;
        let listener = match proxies.is_empty() {
            true => listener.into(),
            false => Listener::from(listener).behind(move |address| proxies.contains(&address)),
        };
        let server = self.server.clone();
        self.add("tcp", &place, async move { server.serve_tcp(listener).await });
        Ok(())
    }

    async fn http(&mut self, Http { listen, websocket, sockjs, .. }: &Http) -> Result<(), Box<dyn Error>> {
        let (server, listener) = (self.server.clone(), bind(*listen).await?);
        let router = server.websocket_router(websocket).merge(server.sockjs_router(sockjs));
        let place = format!("ws://{}{websocket}", listener.local_addr()?);
        self.add("ws", &place, async move { server.serve_http(listener, router, pending()).await });
        Ok(())
    }

    async fn tls(&mut self, Tls { listen, certificate, key }: &Tls) -> Result<(), Box<dyn Error>> {
        let tls = stomp_broker::Tls::from_pem(&read(certificate)?, &read(key)?)?;
        let (server, listener) = (self.server.clone(), bind(*listen).await?);
        let place = listener.local_addr()?;
        self.add("tls", &place, async move { server.serve_tls(listener, &tls).await });
        Ok(())
    }

    fn unix(&mut self, Unix { listen }: &Unix) -> Result<(), Box<dyn Error>> {
        let (server, place) = (self.server.clone(), listen.display());
        let listener = UnixListener::bind(listen).map_err(|error| cannot_listen(&place, &error))?;
        let file = SocketFile(listen.clone());
        self.add("unix", &place, async move {
            let _file = file;
            server.serve_unix(listener).await
        });
        Ok(())
    }

    async fn metrics(&mut self, Metrics { listen }: &Metrics) -> Result<(), Box<dyn Error>> {
        let (server, listener) = (self.server.clone(), bind(*listen).await?);
        let place = format!("http://{}/metrics", listener.local_addr()?);
        let router = operation::router(server.handle(), operation::count()?);
        self.add("metrics", &place, async move { server.serve_http(listener, router, pending()).await });
        Ok(())
    }

    fn add(
        &mut self,
        kind: &str,
        place: &dyn fmt::Display,
        serve: impl Future<Output = io::Result<()>> + Send + 'static,
    ) {
        self.places.push_str(&format!(" {kind}={place}"));
        self.serving.push(Box::pin(async {
            serve.await?;
            // Whoever has ended because the server drains leaves the others running until that is done.
            pending().await
        }));
    }
}

/// The file of a socket, which goes when nobody listens any more.
struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        // If somebody else has removed it, it is gone as well.
        let _ = fs::remove_file(&self.0);
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|error| cannot_listen(&address, &error))
}

fn cannot_listen(place: &dyn fmt::Display, error: &io::Error) -> String {
    format!("cannot listen on {place}: {error}")
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()))
}
