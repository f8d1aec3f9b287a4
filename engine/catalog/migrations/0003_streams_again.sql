-- A stream that broke off can be captured once more: of one stream never more than one capture runs, and it may have
-- several. SQLite takes no constraint back, so the table is made anew.

CREATE TABLE capture_anew (
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
    operator           TEXT,                      -- the platform's user on whose behalf the stream runs
    joins              BLOB,                      -- the recording of an earlier capture, where this one goes on with it
    recorded           INTEGER NOT NULL DEFAULT 0, -- whether media of it was received
    cut_short          INTEGER NOT NULL DEFAULT 0  -- whether it ended before its stream is known to be over
) STRICT;
INSERT INTO capture_anew (id, recording_id, app, meeting_uuid, stream_id, server_urls, notice, notice_unix_ms, signature,
                          config, metadata, status, epoch, created_at_unix_ms, operator, joins, recorded)
SELECT id, recording_id, app, meeting_uuid, stream_id, server_urls, notice, notice_unix_ms, signature,
       config, metadata, status, epoch, created_at_unix_ms, operator, joins, recorded FROM capture;
DROP TABLE capture;
ALTER TABLE capture_anew RENAME TO capture;

CREATE INDEX capture_by_age ON capture (created_at_unix_ms, id);
CREATE INDEX capture_by_status ON capture (status);
CREATE INDEX capture_by_stream ON capture (stream_id);
CREATE INDEX capture_by_recording ON capture (coalesce(joins, recording_id));
CREATE INDEX capture_by_meeting ON capture (meeting_uuid, stream_id, notice_unix_ms);
CREATE UNIQUE INDEX capture_running ON capture (meeting_uuid, stream_id)
    WHERE status IN ('joining_call', 'in_call_not_recording', 'in_call_recording');
