//! Which objects of a list somebody wants to see, as conditions of a query. Reading them from an address is in `api`.

use model::{ArtifactKind, CaptureId, Project, RecordingId};
use sqlx::{QueryBuilder, Sqlite};

use crate::column::id_bytes;

/// What a list is narrowed to; nothing by default, which is the whole list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// To the objects of a project.
    pub project: Option<Project>,
    /// To what was created at this time or later, in milliseconds of this machine's wall clock since the Unix epoch.
    pub created_after_unix_ms: Option<i64>,
    /// To what was created at this time or earlier, in milliseconds of this machine's wall clock since the Unix epoch.
    pub created_before_unix_ms: Option<i64>,
    /// To objects with one of these statuses.
    pub statuses: Vec<String>,
    /// To what belongs to a capture.
    pub capture: Option<CaptureId>,
    /// To what belongs to a recording.
    pub recording: Option<RecordingId>,
    /// To objects that have all of these labels.
    pub metadata: Vec<(String, String)>,
}

/// What a list is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    Captures,
    Recordings,
    Artifacts(ArtifactKind),
    Endpoints,
}

/// The labels of a recording, those of the request unless they were changed.
const RECORDING_LABELS: &str =
    "coalesce(recording.metadata, json_extract(json_extract(capture.config, '$.requested'), '$.metadata'), '{}')";

/// The labels of an artifact, those that were put on its key in the request unless they were changed.
const ARTIFACT_LABELS: &str = "coalesce(artifact.metadata, json_extract(json_extract(capture.config, '$.requested'),
     '$.' || artifact.kind || iif(artifact.format IS NULL, '', '_' || artifact.format) || '.metadata'), '{}')";

impl Of {
    /// The table of the objects themselves.
    pub(crate) const fn table(self) -> &'static str {
        match self {
            Self::Captures => "capture",
            Self::Recordings => "recording",
            Self::Artifacts(_) => "artifact",
            Self::Endpoints => "realtime_endpoint",
        }
    }

    /// What is read of the objects themselves.
    pub(crate) const fn columns(self) -> &'static str {
        match self {
            Self::Captures => "capture.*",
            Self::Recordings => "recording.id, recording.created_at_unix_ms, recording.capture",
            Self::Artifacts(_) => "artifact.*, recording.capture",
            Self::Endpoints => "realtime_endpoint.*, coalesce(capture.joins, capture.recording_id) AS recording",
        }
    }

    /// Every object, to be narrowed. In the order in which the tables are written, SQLite reads them: the listed one first, by
    /// the index that has it in the order of the list.
    fn all(self, columns: &str) -> QueryBuilder<Sqlite> {
        let mut query = QueryBuilder::new("SELECT ");
        query.push(columns).push(match self {
            Self::Captures => " FROM capture WHERE 1",
            Self::Recordings => " FROM recording CROSS JOIN capture ON capture.id = recording.capture WHERE 1",
            Self::Endpoints => " FROM realtime_endpoint JOIN capture ON capture.id = realtime_endpoint.capture WHERE 1",
            Self::Artifacts(_) => {
                " FROM artifact CROSS JOIN recording ON recording.id = artifact.recording
                  CROSS JOIN capture ON capture.id = recording.capture WHERE artifact.kind = "
            }
        });
        if let Self::Artifacts(kind) = self {
            query.push_bind(kind.name());
        }
        query
    }

    const fn labels(self) -> &'static str {
        match self {
            Self::Captures => "capture.metadata",
            Self::Recordings => RECORDING_LABELS,
            Self::Artifacts(_) => ARTIFACT_LABELS,
            Self::Endpoints => "realtime_endpoint.metadata",
        }
    }

    const fn status(self) -> &'static str {
        match self {
            Self::Captures => "capture.status",
            Self::Recordings => "recording.state",
            Self::Artifacts(_) => "artifact.state",
            Self::Endpoints => "realtime_endpoint.state",
        }
    }

    const fn recording(self) -> &'static str {
        match self {
            Self::Captures | Self::Endpoints => "coalesce(capture.joins, capture.recording_id)",
            Self::Recordings => "recording.id",
            Self::Artifacts(_) => "artifact.recording",
        }
    }
}

impl Filter {
    /// These columns of what is wanted, without order and bound.
    pub(crate) fn query(&self, of: Of, columns: &str) -> QueryBuilder<Sqlite> {
        let mut query = of.all(columns);
        // What belongs to one recording is little: it is found by that, and looked through. A sign in front of a column keeps
        // SQLite from finding by it instead.
        let by_recording = if self.recording.is_some() || self.capture.is_some() { "+" } else { "" };
        if let Some(project) = &self.project {
            query.push(format!(" AND {by_recording}{}.project = ", of.table())).push_bind(project.name().to_owned());
        }
        if let Some(after) = self.created_after_unix_ms {
            query.push(format!(" AND {}.created_at_unix_ms >= ", of.table())).push_bind(after);
        }
        if let Some(before) = self.created_before_unix_ms {
            query.push(format!(" AND {}.created_at_unix_ms <= ", of.table())).push_bind(before);
        }
        match &*self.statuses {
            [] => {}
            [status] => {
                query.push(format!(" AND {by_recording}{} = ", of.status())).push_bind(status.clone());
            }
            several => {
                // Several are in no index in the order of the list, so they are looked for while that is read.
                query.push(format!(" AND +{} IN (", of.status()));
                let mut list = query.separated(", ");
                for status in several {
                    list.push_bind(status.clone());
                }
                query.push(")");
            }
        }
        if let Some(recording) = self.recording {
            query.push(format!(" AND {} = ", of.recording())).push_bind(id_bytes(recording.uuid()));
        }
        if let Some(capture) = self.capture {
            // A recording may have several captures.
            query
                .push(format!(
                    " AND {} = (SELECT coalesce(joins, recording_id) FROM capture AS member WHERE member.id = ",
                    of.recording()
                ))
                .push_bind(id_bytes(capture.uuid()))
                .push(")");
        }
        for (key, value) in &self.metadata {
            query.push(format!(" AND EXISTS (SELECT 1 FROM json_each({}) AS label WHERE label.key = ", of.labels()));
            query.push_bind(key.clone()).push(" AND label.value = ").push_bind(value.clone()).push(")");
        }
        query
    }
}
