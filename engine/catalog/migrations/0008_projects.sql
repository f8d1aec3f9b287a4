-- Whose captures are, what customers delete, and labels that were changed after the request.

ALTER TABLE capture ADD COLUMN project TEXT NOT NULL DEFAULT 'default';
DROP INDEX capture_by_age;
CREATE INDEX capture_by_age ON capture (project, created_at_unix_ms, id);
CREATE INDEX capture_by_age_of_all ON capture (created_at_unix_ms, id);

-- Whether the customer deleted it while it ran: its content goes when it ends.
ALTER TABLE capture ADD COLUMN unwanted INTEGER NOT NULL DEFAULT 0;

-- The labels as JSON; NULL for those of the request.
ALTER TABLE recording ADD COLUMN metadata TEXT;
ALTER TABLE artifact ADD COLUMN metadata TEXT;
CREATE INDEX recording_by_age ON recording (created_at_unix_ms, id);
CREATE INDEX artifact_by_age ON artifact (kind, created_at_unix_ms, id);
