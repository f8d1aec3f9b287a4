-- Since when a receiver fails without a day in which nothing was tried, and when it failed last. What failed before this was
-- counted begins anew.

ALTER TABLE webhook_endpoint ADD COLUMN failing_run_since_unix_ms INTEGER;
ALTER TABLE webhook_endpoint ADD COLUMN failed_last_at_unix_ms INTEGER;
