//! `/metrics` for Prometheus, on a port of its own: the numbers are nobody's business but the operator's.

use std::sync::OnceLock;

use axum::{Router, routing::get};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_process::Collector;

use crate::{StartError, chat::Chat};

/// Seconds: from what a query takes to what a request may.
const BUCKETS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// A process has one recorder, which all services in it share.
static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// What has been counted since it was installed.
#[derive(Debug, Clone)]
pub(crate) struct Exporter(PrometheusHandle);

impl Exporter {
    /// Has everything counted from now on.
    ///
    /// # Errors
    ///
    /// [`StartError::Metrics`] if the process has another recorder.
    pub(crate) fn install() -> Result<Self, StartError> {
        let recorder = RECORDER.get_or_init(|| {
            Collector::default().describe();
            let builder = PrometheusBuilder::new();
            let builder =
                builder.set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS).ok()?;
            builder.install_recorder().ok()
        });
        recorder.clone().map(Self).ok_or(StartError::Metrics)
    }

    /// Serves it, with how the service is at the time.
    pub(crate) fn router(self, chat: Chat) -> Router {
        let process = Collector::default();
        let metrics = move || async move {
            chat.gauges().await.tell();
            process.collect();
            self.0.run_upkeep();
            self.0.render()
        };
        Router::new().route("/metrics", get(metrics))
    }
}
