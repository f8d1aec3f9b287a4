-- Captures, what they become, and the work that is left to do. Ids are 16-byte UUIDs; times are milliseconds of this
-- machine's wall clock since the Unix epoch unless the column says otherwise; enums are their snake_case names.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY NOT NULL,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE capture (
    id                 BLOB PRIMARY KEY NOT NULL,
    recording_id       BLOB NOT NULL UNIQUE,
    app                TEXT NOT NULL,
    meeting_uuid       TEXT NOT NULL,
    stream_id          TEXT NOT NULL,
    server_urls        TEXT NOT NULL,
    notice             TEXT NOT NULL,
    notice_unix_ms     INTEGER NOT NULL,          -- the platform's clock, 0 if unknown
    signature          BLOB,                      -- sealed; removed when the capture ends
    config             TEXT NOT NULL,             -- JSON
    metadata           TEXT NOT NULL,             -- JSON
    status             TEXT NOT NULL,
    epoch              INTEGER NOT NULL,
    created_at_unix_ms INTEGER NOT NULL,
    UNIQUE (meeting_uuid, stream_id)
) STRICT;
CREATE INDEX capture_by_age ON capture (created_at_unix_ms, id);
CREATE INDEX capture_by_status ON capture (status);
CREATE INDEX capture_by_stream ON capture (stream_id);

CREATE TABLE status_change (
    capture    BLOB NOT NULL REFERENCES capture (id) ON DELETE CASCADE,
    n          INTEGER NOT NULL,                  -- from 1
    status     TEXT NOT NULL,
    sub_code   TEXT,
    message    TEXT,
    at_unix_ms INTEGER NOT NULL,
    PRIMARY KEY (capture, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE recording (
    id                   BLOB PRIMARY KEY NOT NULL,
    capture              BLOB NOT NULL UNIQUE REFERENCES capture (id) ON DELETE CASCADE,
    created_at_unix_ms   INTEGER NOT NULL,
    started_at_unix_ms   INTEGER,                 -- the platform's clock
    completed_at_unix_ms INTEGER,                 -- the platform's clock
    state                TEXT NOT NULL,
    updated_at_unix_ms   INTEGER NOT NULL
) STRICT;

CREATE TABLE artifact (
    id                 BLOB PRIMARY KEY NOT NULL,
    recording          BLOB NOT NULL REFERENCES recording (id) ON DELETE CASCADE,
    n                  INTEGER NOT NULL,          -- the order in which they were asked for, from 1
    kind               TEXT NOT NULL,
    state              TEXT NOT NULL,
    sub_code           TEXT,
    files              TEXT NOT NULL,             -- JSON list
    created_at_unix_ms INTEGER NOT NULL,
    updated_at_unix_ms INTEGER NOT NULL,
    UNIQUE (recording, n)
) STRICT;

CREATE TABLE job (
    id                 BLOB PRIMARY KEY NOT NULL,
    kind               TEXT NOT NULL,             -- start, render
    capture            BLOB NOT NULL REFERENCES capture (id) ON DELETE CASCADE,
    state              TEXT NOT NULL,             -- queued, claimed, done, failed
    attempts           INTEGER NOT NULL,
    sub_code           TEXT,
    created_at_unix_ms INTEGER NOT NULL,
    not_before_unix_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX job_by_state ON job (kind, state, created_at_unix_ms, id);
CREATE INDEX job_by_capture ON job (capture);

CREATE TABLE command (
    n       INTEGER PRIMARY KEY NOT NULL,
    capture BLOB NOT NULL REFERENCES capture (id) ON DELETE CASCADE,
    kind    TEXT NOT NULL,
    body    TEXT NOT NULL,                        -- JSON
    taken   INTEGER NOT NULL
) STRICT;
CREATE INDEX command_by_capture ON command (capture, taken, n);

CREATE TABLE event (
    capture BLOB NOT NULL REFERENCES capture (id) ON DELETE CASCADE,
    epoch   INTEGER NOT NULL,
    seq     INTEGER NOT NULL,                     -- contiguous from 1 within an epoch
    body    TEXT NOT NULL,                        -- JSON
    PRIMARY KEY (capture, epoch, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE delivery (
    key             TEXT PRIMARY KEY NOT NULL,
    seen_at_unix_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_by_age ON delivery (seen_at_unix_ms);

CREATE TABLE stopped_stream (
    stream_id          TEXT PRIMARY KEY NOT NULL,
    app                TEXT NOT NULL,             -- the app that announced the stop
    reason             INTEGER,
    stopped_at_unix_ms INTEGER NOT NULL,          -- the platform's clock
    seen_at_unix_ms    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX stopped_stream_by_age ON stopped_stream (seen_at_unix_ms);
