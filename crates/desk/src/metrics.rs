//! What the desk counts about itself, in Prometheus' text format.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// The desk's counters. Drills count in none of them.
pub struct Metrics {
    registry: Registry,
    /// Alerts received.
    pub alerts_received: Counter,
    /// Runs of triage.
    pub triages: Counter,
    /// Flash reports issued.
    pub reports_issued: Counter,
    /// Flash reports issued after their target.
    pub reports_missed: Counter,
    /// Jobs that failed an attempt.
    pub jobs_failed: Counter,
    /// Batches of events taken.
    pub batches_received: Counter,
    /// Bytes of those batches as sent.
    pub bytes_received: Counter,
    /// Batches that are durable in the stream and not yet in a segment.
    pub batches_waiting: Gauge<i64>,
    /// Events of those batches that are read already.
    pub rows_waiting: Gauge<i64>,
    /// Events written to segments.
    pub events_written: Gauge<i64>,
    /// Committed segments of the lake.
    pub segments: Gauge<i64>,
    /// Seconds that writing is behind receiving.
    pub ingest_lag_seconds: Gauge<f64, AtomicU64>,
    /// Bytes waiting in the stream.
    pub stream_bytes: Gauge<i64>,
    /// 1 while a failed sync or write of the stream keeps events from being taken.
    pub stream_failed: Gauge<i64>,
    /// How often that has happened since start.
    pub stream_failures: Gauge<i64>,
    /// Events that no segment took and that lie in `aside/`.
    pub events_set_aside: Gauge<i64>,
    /// Entries of reference lists in memory.
    pub list_entries: Gauge<i64>,
    /// Matches of lists that were left out because the same subject had met the same entry within a minute, since start.
    pub listed_left_out: Gauge<i64>,
    /// Batches of the stream that were lost to damage of its files, since start.
    pub batches_damaged: Gauge<i64>,
    /// 1 while the disk is full but for its reserve.
    pub disk_full: Gauge<i64>,
    /// 1 while the record cannot be written.
    pub record_failed: Gauge<i64>,
    /// Hosts that a forwarder has sent nothing of for a day.
    pub silent_hosts: Gauge<i64>,
    /// Memory that correlations on the stream hold, about.
    pub correlation_bytes: Gauge<i64>,
    /// Groups of correlations that were let go of for want of memory, since start.
    pub correlation_groups_forgotten: Gauge<i64>,
    /// Events let go of from groups of correlations that have too many, since start.
    pub correlation_events_forgotten: Gauge<i64>,
    /// Events that came after the correlation's window to which they belong was judged, since start.
    pub correlation_events_late: Gauge<i64>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Metrics {
            registry: Registry::with_prefix("hikeshi"),
            alerts_received: Counter::default(),
            triages: Counter::default(),
            reports_issued: Counter::default(),
            reports_missed: Counter::default(),
            jobs_failed: Counter::default(),
            batches_received: Counter::default(),
            bytes_received: Counter::default(),
            batches_waiting: Gauge::default(),
            rows_waiting: Gauge::default(),
            events_written: Gauge::default(),
            segments: Gauge::default(),
            ingest_lag_seconds: Gauge::default(),
            stream_bytes: Gauge::default(),
            stream_failed: Gauge::default(),
            stream_failures: Gauge::default(),
            events_set_aside: Gauge::default(),
            list_entries: Gauge::default(),
            listed_left_out: Gauge::default(),
            batches_damaged: Gauge::default(),
            disk_full: Gauge::default(),
            record_failed: Gauge::default(),
            silent_hosts: Gauge::default(),
            correlation_bytes: Gauge::default(),
            correlation_groups_forgotten: Gauge::default(),
            correlation_events_forgotten: Gauge::default(),
            correlation_events_late: Gauge::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("alerts_received", "Alerts received", metrics.alerts_received.clone());
        registry.register("triages", "Runs of triage", metrics.triages.clone());
        registry.register("flash_reports_issued", "Flash reports issued", metrics.reports_issued.clone());
        registry.register("flash_reports_missed", "Flash reports issued after their target", metrics.reports_missed.clone());
        registry.register("jobs_failed", "Attempts of jobs that failed", metrics.jobs_failed.clone());
        registry.register("event_batches_received", "Batches of events taken", metrics.batches_received.clone());
        registry.register("event_bytes_received", "Bytes of batches as sent", metrics.bytes_received.clone());
        registry.register("event_batches_waiting", "Durable batches that are not yet in a segment", metrics.batches_waiting.clone());
        registry.register("events_waiting", "Events of waiting batches that are read already", metrics.rows_waiting.clone());
        registry.register("events_written", "Events written to segments since start", metrics.events_written.clone());
        registry.register("segments", "Segments of the lake; merging makes them fewer", metrics.segments.clone());
        registry.register("ingest_lag_seconds", "How far writing is behind receiving", metrics.ingest_lag_seconds.clone());
        registry.register("stream_bytes", "Bytes waiting in the stream", metrics.stream_bytes.clone());
        metrics.register_faults();
        metrics.register_correlations();
        metrics
    }
}

impl Metrics {
    fn register_faults(&mut self) {
        let registry = &mut self.registry;
        registry.register("stream_failed", "1 while a failed sync keeps events from being taken", self.stream_failed.clone());
        registry.register("stream_failures", "Failed syncs and writes of the stream since start", self.stream_failures.clone());
        registry.register("events_set_aside", "Events that no segment took and that lie in aside/", self.events_set_aside.clone());
        registry.register("list_entries", "Entries of reference lists in memory", self.list_entries.clone());
        registry.register("listed_left_out", "Matches of lists left out as said within a minute", self.listed_left_out.clone());
        registry.register("event_batches_damaged", "Batches of the stream lost to damage", self.batches_damaged.clone());
        registry.register("disk_full", "1 while the disk is full but for its reserve", self.disk_full.clone());
        registry.register("record_failed", "1 while the record cannot be written", self.record_failed.clone());
        registry.register("silent_hosts", "Hosts in service that a forwarder has sent nothing of for a day", self.silent_hosts.clone());
    }

    fn register_correlations(&mut self) {
        let registry = &mut self.registry;
        registry.register("correlation_bytes", "Memory of correlations on the stream", self.correlation_bytes.clone());
        let groups = "Groups of correlations let go of for want of memory since start";
        registry.register("correlation_groups_forgotten", groups, self.correlation_groups_forgotten.clone());
        let events = "Events let go of from groups of correlations that have too many since start";
        registry.register("correlation_events_forgotten", events, self.correlation_events_forgotten.clone());
        let late = "Events that came after their correlation's window was judged since start";
        registry.register("correlation_events_late", late, self.correlation_events_late.clone());
    }

    /// All of them as text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
