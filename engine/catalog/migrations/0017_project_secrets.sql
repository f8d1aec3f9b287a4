-- The secret of each project, with which what its receivers are sent is signed.

CREATE TABLE project_secret (
    project                TEXT PRIMARY KEY NOT NULL,
    secret                 BLOB NOT NULL,             -- sealed
    previous               BLOB,                      -- sealed; signs as well until then
    previous_until_unix_ms INTEGER,
    created_at_unix_ms     INTEGER NOT NULL,
    rotated_at_unix_ms     INTEGER
) STRICT, WITHOUT ROWID;
