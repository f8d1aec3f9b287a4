-- What crashed, and how often renders died with their process: so that neither a capture nor a render takes the daemon down
-- for ever.

CREATE TABLE crash (
    capture    BLOB NOT NULL REFERENCES capture (id) ON DELETE CASCADE,
    epoch      INTEGER NOT NULL,                  -- of the owner that crashed
    at_unix_ms INTEGER NOT NULL,
    PRIMARY KEY (capture, epoch)
) STRICT, WITHOUT ROWID;

-- How often a process died while the job was claimed.
ALTER TABLE job ADD COLUMN deaths INTEGER NOT NULL DEFAULT 0;
