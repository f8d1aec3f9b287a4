-- How often a delivery was put in the queue once more. What an attempt of an earlier round came to does not end a later one.

ALTER TABLE webhook_delivery ADD COLUMN round INTEGER NOT NULL DEFAULT 0;
