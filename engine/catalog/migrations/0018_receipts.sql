-- What remains known of files that were deleted: which they were, how large, and their hashes. Nothing of what was in them.

CREATE TABLE deleted_file (
    artifact   BLOB NOT NULL REFERENCES artifact (id) ON DELETE CASCADE,
    n          INTEGER NOT NULL,                     -- from 0
    name       TEXT NOT NULL,
    bytes      INTEGER NOT NULL,
    sha256     TEXT NOT NULL,
    at_unix_ms INTEGER NOT NULL,
    PRIMARY KEY (artifact, n)
) STRICT, WITHOUT ROWID;

-- Whoever deletes an artifact, it leaves its receipt in the same transaction.
CREATE TRIGGER receipt_of_artifact AFTER UPDATE OF state ON artifact
    WHEN OLD.state <> 'deleted' AND NEW.state = 'deleted'
BEGIN
    INSERT OR IGNORE INTO deleted_file (artifact, n, name, bytes, sha256, at_unix_ms)
    SELECT NEW.id, each.key, json_extract(each.value, '$.name'), json_extract(each.value, '$.bytes'),
           json_extract(each.value, '$.sha256'), NEW.updated_at_unix_ms
    FROM json_each(OLD.files) AS each;
END;
