-- Captures that share a recording, streams whose consent was withdrawn, and stops of several apps.

-- The platform's user on whose behalf the stream runs.
ALTER TABLE capture ADD COLUMN operator TEXT;
-- The recording of an earlier capture of the same meeting, where this one goes on with it; else its own recording_id counts.
ALTER TABLE capture ADD COLUMN joins BLOB;
-- Whether media of it was received.
ALTER TABLE capture ADD COLUMN recorded INTEGER NOT NULL DEFAULT 0;
UPDATE capture SET recorded = EXISTS (SELECT 1 FROM recording WHERE recording.capture = capture.id);
CREATE INDEX capture_by_recording ON capture (coalesce(joins, recording_id));

-- Whether an artifact that is finished is to be made once more, because another capture joined its recording.
ALTER TABLE artifact ADD COLUMN stale INTEGER NOT NULL DEFAULT 0;

-- What was deleted and why, without any of it.
CREATE TABLE audit (
    n                  INTEGER PRIMARY KEY NOT NULL,
    capture            BLOB NOT NULL,
    recording          BLOB NOT NULL,
    reason             TEXT NOT NULL,             -- a stable code
    asked_at_unix_ms   INTEGER NOT NULL,
    events             INTEGER NOT NULL,          -- rows of events that were removed
    finished_at_unix_ms INTEGER,                  -- once no file is left
    files              INTEGER,
    bytes              INTEGER
) STRICT;
CREATE INDEX audit_by_capture ON audit (capture);

CREATE TABLE stopped (
    stream_id          TEXT NOT NULL,
    app                TEXT NOT NULL,             -- the app that announced the stop
    reason             INTEGER,
    stopped_at_unix_ms INTEGER NOT NULL,          -- the platform's clock
    seen_at_unix_ms    INTEGER NOT NULL,
    PRIMARY KEY (stream_id, app)
) STRICT, WITHOUT ROWID;
INSERT INTO stopped SELECT stream_id, app, reason, stopped_at_unix_ms, seen_at_unix_ms FROM stopped_stream;
DROP TABLE stopped_stream;
CREATE INDEX stopped_by_age ON stopped (seen_at_unix_ms);
