-- Artifacts of one kind in several formats, and further editions of a video.

-- How its media is packed: mp4, m4a, mp3, raw, ogg; NULL for documents.
ALTER TABLE artifact ADD COLUMN format TEXT;
UPDATE artifact SET format = 'mp4' WHERE kind = 'video_mixed';
-- JSON: how it differs from what the recording's configuration asks for; NULL for what that asks for itself.
ALTER TABLE artifact ADD COLUMN edition TEXT;

-- The one artifact that is to be made; NULL for all of a recording.
ALTER TABLE job ADD COLUMN artifact BLOB REFERENCES artifact (id) ON DELETE CASCADE;
CREATE INDEX job_of_artifact ON job (artifact) WHERE artifact IS NOT NULL;
