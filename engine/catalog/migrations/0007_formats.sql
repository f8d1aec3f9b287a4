-- Artifacts of one kind in several formats.

-- How its media is packed: mp4, m4a, mp3, raw, ogg; NULL for documents.
ALTER TABLE artifact ADD COLUMN format TEXT;
UPDATE artifact SET format = 'mp4' WHERE kind = 'video_mixed';
