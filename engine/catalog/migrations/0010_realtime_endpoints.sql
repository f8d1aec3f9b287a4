-- Real-time endpoints: whom the events of a capture are sent to.

CREATE TABLE realtime_endpoint (
    id BLOB PRIMARY KEY NOT NULL,
    capture BLOB NOT NULL REFERENCES capture (id) ON DELETE CASCADE,
    -- Its place among the endpoints of its capture, from 1.
    n INTEGER NOT NULL,
    -- JSON: what was asked for; its labels are in `metadata`.
    wish TEXT NOT NULL,
    -- JSON: the customer's labels.
    metadata TEXT NOT NULL,
    -- running, done, failed, deleted
    state TEXT NOT NULL,
    sub_code TEXT,
    -- The last event of the capture of which something was sent, and up to which of the parts that it is told in.
    epoch INTEGER NOT NULL DEFAULT 0,
    seq INTEGER NOT NULL DEFAULT 0,
    part INTEGER NOT NULL DEFAULT 0,
    -- Up to which its own numbers are used up.
    told INTEGER NOT NULL DEFAULT 0,
    created_at_unix_ms INTEGER NOT NULL,
    updated_at_unix_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX realtime_endpoint_of_capture ON realtime_endpoint (capture, n);
CREATE INDEX realtime_endpoint_by_age ON realtime_endpoint (created_at_unix_ms, id);
CREATE INDEX realtime_endpoint_running ON realtime_endpoint (created_at_unix_ms, capture, n) WHERE state = 'running';
