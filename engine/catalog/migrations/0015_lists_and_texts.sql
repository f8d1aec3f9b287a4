-- What lists are narrowed by stands in the rows that they list, and the text of a status webhook stands once for all who are sent it.

-- Whose it is: that of the capture, which never changes.
ALTER TABLE recording ADD COLUMN project TEXT NOT NULL DEFAULT 'default';
ALTER TABLE artifact ADD COLUMN project TEXT NOT NULL DEFAULT 'default';
ALTER TABLE realtime_endpoint ADD COLUMN project TEXT NOT NULL DEFAULT 'default';
UPDATE recording SET project = (SELECT project FROM capture WHERE capture.id = recording.capture);
UPDATE artifact SET project = (SELECT project FROM recording WHERE recording.id = artifact.recording);
UPDATE realtime_endpoint SET project = (SELECT project FROM capture WHERE capture.id = realtime_endpoint.capture);

CREATE INDEX recording_by_project ON recording (project, created_at_unix_ms, id);
CREATE INDEX artifact_by_project ON artifact (project, kind, created_at_unix_ms, id);
CREATE INDEX realtime_endpoint_by_project ON realtime_endpoint (project, created_at_unix_ms, id);
-- Of one status, which may be that of one capture in a hundred thousand.
CREATE INDEX capture_by_project_and_status ON capture (project, status, created_at_unix_ms, id);
CREATE INDEX recording_by_project_and_state ON recording (project, state, created_at_unix_ms, id);
CREATE INDEX artifact_by_project_and_state ON artifact (project, kind, state, created_at_unix_ms, id);
CREATE INDEX realtime_endpoint_by_project_and_state ON realtime_endpoint (project, state, created_at_unix_ms, id);

-- What is sent, byte for byte, once for all receivers that are sent it: it holds the labels of a customer, who may have many of both.
CREATE TABLE webhook_text (
    id   INTEGER PRIMARY KEY NOT NULL,
    body TEXT NOT NULL
) STRICT;
ALTER TABLE webhook_delivery ADD COLUMN text INTEGER REFERENCES webhook_text (id);
INSERT INTO webhook_text (id, body) SELECT n, body FROM webhook_delivery;
UPDATE webhook_delivery SET text = n;
ALTER TABLE webhook_delivery DROP COLUMN body;
CREATE INDEX webhook_delivery_of_text ON webhook_delivery (text);

-- A text goes with the last that refers to it, whoever forgets that.
CREATE TRIGGER webhook_text_unused AFTER DELETE ON webhook_delivery
    WHEN NOT EXISTS (SELECT 1 FROM webhook_delivery WHERE text = OLD.text)
BEGIN
    DELETE FROM webhook_text WHERE id = OLD.text;
END;
