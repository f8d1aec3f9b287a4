-- Status webhooks: receivers, what is to be told, and what is on its way.

CREATE TABLE webhook_endpoint (
    id                    BLOB PRIMARY KEY NOT NULL,
    project               TEXT NOT NULL,
    configured_as         TEXT UNIQUE,               -- its name in the configuration; NULL where the API registered it
    url                   TEXT NOT NULL,
    events                TEXT NOT NULL,             -- JSON list; empty for all
    description           TEXT NOT NULL,
    metadata              TEXT NOT NULL,             -- JSON
    ordered               INTEGER NOT NULL,
    svix_headers          INTEGER NOT NULL,
    bot_events            INTEGER NOT NULL,
    secret                BLOB NOT NULL,             -- sealed
    previous_secret       BLOB,                      -- sealed; signs as well until then
    previous_until_unix_ms INTEGER,
    disabled              TEXT,                      -- why; NULL while it is not
    failing_since_unix_ms INTEGER,                   -- NULL while the latest attempt succeeded
    created_at_unix_ms    INTEGER NOT NULL,
    updated_at_unix_ms    INTEGER NOT NULL
) STRICT;
CREATE INDEX webhook_endpoint_by_project ON webhook_endpoint (project, created_at_unix_ms, id);

-- The outbox: every change of state that nobody was told of yet, in the order in which they were committed. Rows are written
-- by the triggers below and nowhere else, so that no change can forget its notice.
CREATE TABLE notice (
    n          INTEGER PRIMARY KEY AUTOINCREMENT,
    capture    BLOB NOT NULL REFERENCES capture (id) ON DELETE CASCADE,
    subject    TEXT NOT NULL,                        -- capture, recording, artifact
    artifact   BLOB REFERENCES artifact (id) ON DELETE CASCADE,
    code       TEXT NOT NULL,
    sub_code   TEXT,
    at_unix_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX notice_of_capture ON notice (capture);
CREATE INDEX notice_of_artifact ON notice (artifact) WHERE artifact IS NOT NULL;

CREATE TABLE webhook_delivery (
    n                   INTEGER PRIMARY KEY AUTOINCREMENT,
    id                  BLOB NOT NULL UNIQUE,        -- the message's id at every attempt
    endpoint            BLOB NOT NULL REFERENCES webhook_endpoint (id) ON DELETE CASCADE,
    recording           BLOB NOT NULL,               -- what concerns the same one is told in order
    event               TEXT NOT NULL,
    body                TEXT NOT NULL,               -- what is sent, byte for byte
    state               TEXT NOT NULL,               -- waiting, delivered, dead
    in_turn             INTEGER NOT NULL,            -- whether it waits for those before it, and those after it for it
    attempts            INTEGER NOT NULL,            -- since it was last put in the queue
    log                 TEXT NOT NULL,               -- JSON list of the latest attempts
    code                TEXT,                        -- why it is not delivered
    created_at_unix_ms  INTEGER NOT NULL,
    next_at_unix_ms     INTEGER NOT NULL,
    finished_at_unix_ms INTEGER                      -- when it was delivered or given up
) STRICT;
CREATE INDEX webhook_delivery_due ON webhook_delivery (endpoint, next_at_unix_ms, n) WHERE state = 'waiting';
CREATE INDEX webhook_delivery_in_turn ON webhook_delivery (endpoint, recording, n) WHERE state = 'waiting' AND in_turn;
CREATE INDEX webhook_delivery_of_endpoint ON webhook_delivery (endpoint, n);
CREATE INDEX webhook_delivery_finished ON webhook_delivery (finished_at_unix_ms) WHERE finished_at_unix_ms IS NOT NULL;
CREATE INDEX webhook_delivery_dead ON webhook_delivery (state) WHERE state = 'dead';

-- Where nobody wants to hear, nothing is written down.

CREATE TRIGGER notice_of_status AFTER INSERT ON status_change WHEN EXISTS (SELECT 1 FROM webhook_endpoint)
BEGIN
    INSERT INTO notice (capture, subject, code, sub_code, at_unix_ms)
    VALUES (NEW.capture, 'capture', NEW.status, NEW.sub_code, NEW.at_unix_ms);
END;

CREATE TRIGGER notice_of_recording AFTER INSERT ON recording WHEN EXISTS (SELECT 1 FROM webhook_endpoint)
BEGIN
    INSERT INTO notice (capture, subject, code, at_unix_ms)
    VALUES (NEW.capture, 'recording', NEW.state, NEW.updated_at_unix_ms);
END;

CREATE TRIGGER notice_of_recording_state AFTER UPDATE OF state ON recording
    WHEN OLD.state <> NEW.state AND EXISTS (SELECT 1 FROM webhook_endpoint)
BEGIN
    INSERT INTO notice (capture, subject, code, sub_code, at_unix_ms)
    VALUES (NEW.capture, 'recording', NEW.state,
            CASE WHEN NEW.state IN ('failed', 'deleted') THEN (
                SELECT sub_code FROM artifact
                WHERE recording = NEW.id AND sub_code IS NOT NULL ORDER BY n LIMIT 1) END,
            NEW.updated_at_unix_ms);
END;

CREATE TRIGGER notice_of_artifact_made AFTER INSERT ON artifact WHEN EXISTS (SELECT 1 FROM webhook_endpoint)
BEGIN
    INSERT INTO notice (capture, subject, artifact, code, sub_code, at_unix_ms)
    SELECT capture, 'artifact', NEW.id, NEW.state, NEW.sub_code, NEW.updated_at_unix_ms
    FROM recording WHERE id = NEW.recording;
END;

-- One that was made once more is told again in the state that it stays in: its files are others.
CREATE TRIGGER notice_of_artifact_state AFTER UPDATE OF state, stale ON artifact
    WHEN (OLD.state <> NEW.state OR OLD.stale > NEW.stale) AND EXISTS (SELECT 1 FROM webhook_endpoint)
BEGIN
    INSERT INTO notice (capture, subject, artifact, code, sub_code, at_unix_ms)
    SELECT capture, 'artifact', NEW.id, NEW.state, NEW.sub_code, NEW.updated_at_unix_ms
    FROM recording WHERE id = NEW.recording;
END;
