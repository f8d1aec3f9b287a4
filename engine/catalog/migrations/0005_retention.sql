-- How long content is kept, which capture logs are gone, and how whole recordings are.

-- When its stream was over; null as long as it is not.
ALTER TABLE capture ADD COLUMN ended_at_unix_ms INTEGER;
-- Until when its content is kept; null while it runs and where it is kept for ever.
ALTER TABLE capture ADD COLUMN expires_at_unix_ms INTEGER;
-- Whether its content was deleted; the audit says why.
ALTER TABLE capture ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;
-- When its log was given up; the files follow.
ALTER TABLE capture ADD COLUMN log_removed_at_unix_ms INTEGER;

UPDATE capture SET ended_at_unix_ms = (
    SELECT min(at_unix_ms) FROM status_change
    WHERE status_change.capture = capture.id AND status_change.status IN ('call_ended', 'done', 'fatal'));
UPDATE capture SET expires_at_unix_ms = ended_at_unix_ms + json_extract(config, '$.retention.hours') * 3600000
    WHERE json_extract(config, '$.retention.type') = 'timed';
UPDATE capture SET erased = 1,
        log_removed_at_unix_ms = (SELECT min(asked_at_unix_ms) FROM audit WHERE audit.capture = capture.id)
    WHERE id IN (SELECT capture FROM audit);

CREATE INDEX capture_to_expire ON capture (expires_at_unix_ms) WHERE expires_at_unix_ms IS NOT NULL AND NOT erased;
CREATE INDEX capture_with_log ON capture (ended_at_unix_ms) WHERE log_removed_at_unix_ms IS NULL;

-- How whole it is, as JSON; null until something was made of it.
ALTER TABLE recording ADD COLUMN quality TEXT;
