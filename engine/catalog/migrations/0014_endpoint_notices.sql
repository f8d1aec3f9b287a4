-- What becomes of real-time endpoints is told as well.

ALTER TABLE notice ADD COLUMN realtime_endpoint BLOB REFERENCES realtime_endpoint (id) ON DELETE CASCADE;
CREATE INDEX notice_of_realtime_endpoint ON notice (realtime_endpoint) WHERE realtime_endpoint IS NOT NULL;

CREATE TRIGGER notice_of_realtime_endpoint_made AFTER INSERT ON realtime_endpoint
    WHEN EXISTS (SELECT 1 FROM webhook_endpoint)
BEGIN
    INSERT INTO notice (capture, subject, realtime_endpoint, code, sub_code, at_unix_ms)
    VALUES (NEW.capture, 'realtime_endpoint', NEW.id, NEW.state, NEW.sub_code, NEW.updated_at_unix_ms);
END;

CREATE TRIGGER notice_of_realtime_endpoint_state AFTER UPDATE OF state ON realtime_endpoint
    WHEN OLD.state <> NEW.state AND EXISTS (SELECT 1 FROM webhook_endpoint)
BEGIN
    INSERT INTO notice (capture, subject, realtime_endpoint, code, sub_code, at_unix_ms)
    VALUES (NEW.capture, 'realtime_endpoint', NEW.id, NEW.state, NEW.sub_code, NEW.updated_at_unix_ms);
END;
