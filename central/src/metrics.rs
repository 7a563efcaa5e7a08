//! What Prometheus reads at `/metrics`.

use std::sync::Arc;

use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

/// The counters of the service.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Registry>,
    requests: Family<Vec<(String, String)>, Counter>,
    saved: Counter,
    events: Counter,
    index_compared: Counter,
    index_differences: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("kakou_central");
        let requests = Family::<Vec<(String, String)>, Counter>::default();
        let (saved, events) = (Counter::default(), Counter::default());
        let (index_compared, index_differences) = (Counter::default(), Counter::default());
        registry.register("requests", "Requests answered, by status", requests.clone());
        registry.register("records_saved", "Records saved for the first time", saved.clone());
        registry.register(
            "events_received",
            "Events in acknowledged batches, repeats included",
            events.clone(),
        );
        registry.register(
            "index_compared",
            "Indexes of gates that were compared as a whole",
            index_compared.clone(),
        );
        let help = "Rows in which indexes of gates differed";
        registry.register("index_differences", help, index_differences.clone());
        Self { registry: Arc::new(registry), requests, saved, events, index_compared, index_differences }
    }
}

impl Metrics {
    /// A request was answered.
    pub fn answered(&self, status: u16) {
        self.requests.get_or_create(&vec![("status".into(), status.to_string())]).inc();
    }

    /// A record was saved for the first time.
    pub fn record_saved(&self) {
        self.saved.inc();
    }

    /// A batch was acknowledged.
    pub fn events_taken(&self, events: usize) {
        self.events.inc_by(u64::try_from(events).unwrap_or_default());
    }

    /// A gate's index was compared as a whole.
    pub fn index_compared(&self) {
        self.index_compared.inc();
    }

    /// A gate's index differs in so many rows.
    pub fn index_differs(&self, rows: usize) {
        self.index_differences.inc_by(u64::try_from(rows).unwrap_or_default());
    }

    /// The text that Prometheus reads.
    ///
    /// # Errors
    /// None in practice: writing to a `String` cannot fail.
    pub fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
