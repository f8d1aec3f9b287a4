-- What of a capture is recorded, and transcripts that are ordered by themselves.

-- Whether the customer wants nothing of it recorded for now. The command that says so goes when its stream breaks off; whoever goes on
-- with the stream still has to know.
ALTER TABLE capture ADD COLUMN withheld INTEGER NOT NULL DEFAULT 0;

-- What was ordered of a transcript, as JSON: it is made as an edition is.
ALTER TABLE artifact ADD COLUMN ordered TEXT;
