//! Where this process counts. The names are beside the code that counts; `docs/reference/metrics.md` lists them.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};

/// The buckets of every duration that has none of its own, in seconds: from one sync of a fast disk to a long render.
const BUCKETS_SECONDS: [f64; 14] =
    [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0, 60.0, 300.0];

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Begins to count, once per process, and answers the handle that renders what was counted.
///
/// # Errors
/// If another recorder was installed, which nothing in this program does.
pub(crate) fn start() -> Result<PrometheusHandle, BuildError> {
    if let Some(handle) = RECORDER.get() {
        return Ok(handle.clone());
    }
    let mut builder = PrometheusBuilder::new().set_buckets(&BUCKETS_SECONDS)?;
    for (matcher, bounds) in api::buckets() {
        builder = builder.set_buckets_for_metric(matcher, bounds)?;
    }
    let handle = builder.install_recorder()?;
    describe();
    Ok(RECORDER.get_or_init(|| handle).clone())
}

fn describe() {
    metrics::describe_gauge!("hansard_build_info", "Always 1; the version is in the label");
    metrics::gauge!("hansard_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    metrics::describe_gauge!("hansard_captures_active", "Captures that run now");
    metrics::describe_gauge!(
        "hansard_events_in_memory_bytes",
        "Events of captures of which nothing is stored, as far as they are kept in memory"
    );
    metrics::describe_counter!("hansard_captures_ended_total", "Captures that ended, by outcome and reason");
    metrics::describe_counter!("hansard_media_received_frames_total", "Frames received, by kind");
    metrics::describe_counter!("hansard_media_received_bytes_total", "Payload bytes received, by kind");
    metrics::describe_counter!("hansard_media_dropped_frames_total", "Frames received and not kept, by kind and cause");
    metrics::describe_gauge!("hansard_durability_lag_seconds", "Age of the oldest record that is not durable yet");
    metrics::describe_histogram!("hansard_storage_sync_duration_seconds", "Time of one write and sync of a log");
    metrics::describe_histogram!("hansard_stage_duration_seconds", "Time of one run of a stage");
    metrics::describe_counter!("hansard_stage_errors_total", "Failures of a stage");
    metrics::describe_gauge!("hansard_renders_running", "Renders that run now");
    metrics::describe_gauge!("hansard_meetings_rolled", "Meetings whose video is made while they go on");
    metrics::describe_gauge!("hansard_picture_workers", "Meetings of which still pictures are made, or wait to be");
    metrics::describe_counter!("hansard_recordings_made_total", "Recordings that were made, by how whole they are");
    metrics::describe_gauge!("hansard_live_streams", "Meetings that are watched, whose live streams are made");
    metrics::describe_counter!(
        "hansard_rolled_renders_total",
        "Renders of meetings that were followed while they went on, by what became of that"
    );
    metrics::describe_gauge!(
        "hansard_storage_level",
        "Room on the data volume: 0 ample, 1 low, 2 scarce, 3 critical, 4 exhausted"
    );
    metrics::describe_gauge!("hansard_storage_free_bytes", "What may still be written to the data volume");
    metrics::describe_gauge!("hansard_storage_total_bytes", "The size of the data volume");
    metrics::describe_gauge!("hansard_storage_free_inodes", "How many files may still be made on the data volume");
    metrics::describe_gauge!(
        "hansard_storage_reserve_bytes",
        "What is kept for the moment in which the volume is full"
    );
    metrics::describe_gauge!(
        "hansard_storage_write_bytes_per_second",
        "How fast the data volume fills up, over 5 minutes"
    );
    metrics::describe_gauge!("hansard_captures_limit", "How many captures may be open");
    metrics::describe_gauge!("hansard_memory_used_bytes", "Memory in use");
    metrics::describe_gauge!("hansard_memory_limit_bytes", "Memory that may be used");
    metrics::describe_gauge!("hansard_open_files", "Files and sockets that are open");
    metrics::describe_gauge!("hansard_open_files_limit", "Files and sockets that may be open");
    begin_at_zero();
}

/// A rate over a series that appears with its first failure misses that failure, so these stand at 0 from the start.
fn begin_at_zero() {
    for kind in ["audio", "video", "share"] {
        for cause in ["ours", "storage"] {
            metrics::counter!("hansard_media_dropped_frames_total", "kind" => kind, "cause" => cause).absolute(0);
        }
    }
    for stage in ["capture", "publish", "write", "parse", "read", "render", "pictures", "purge", "capacity", "answer"] {
        metrics::counter!("hansard_stage_errors_total", "stage" => stage).absolute(0);
    }
}
