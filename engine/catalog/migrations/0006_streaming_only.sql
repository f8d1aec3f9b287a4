-- Captures of which nothing is stored.

-- Whether what is received of it is stored; 0 where it is only streamed.
ALTER TABLE capture ADD COLUMN stored INTEGER NOT NULL DEFAULT 1;

DROP INDEX capture_with_log;
CREATE INDEX capture_with_log ON capture (ended_at_unix_ms) WHERE stored AND log_removed_at_unix_ms IS NULL;
