-- Whether a delivery that is in turn waits for an earlier one. Of what concerns one recording exactly the first that waits does not,
-- so that what is due is found without a look at all that stands behind it.

ALTER TABLE webhook_delivery ADD COLUMN behind INTEGER NOT NULL DEFAULT 0;

UPDATE webhook_delivery SET behind = 1
WHERE state = 'waiting' AND in_turn AND EXISTS (
    SELECT 1 FROM webhook_delivery AS earlier
    WHERE earlier.endpoint = webhook_delivery.endpoint AND earlier.recording = webhook_delivery.recording
        AND earlier.state = 'waiting' AND earlier.in_turn AND earlier.n < webhook_delivery.n);

CREATE INDEX webhook_delivery_free ON webhook_delivery (endpoint, next_at_unix_ms, n) WHERE state = 'waiting' AND NOT behind;
