-- What is kept for no file: that of files which are gone, and of uploads that did not come to their end. It is deleted
-- when it is due.

CREATE TABLE stray_blob (
    token  TEXT PRIMARY KEY,                    -- as in file
    due_at TEXT NOT NULL
);
CREATE INDEX stray_blob_due ON stray_blob (due_at);

-- Whatever takes a file away, also the end of a room, leaves its content to be deleted.
CREATE TRIGGER file_gone AFTER DELETE ON file BEGIN
    INSERT OR REPLACE INTO stray_blob (token, due_at) VALUES (old.token, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'));
END;
