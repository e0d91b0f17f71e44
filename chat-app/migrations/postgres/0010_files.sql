-- What is kept for no file: that of files which are gone, and of uploads that did not come to their end. It is deleted
-- when it is due.

CREATE TABLE stray_blob (
    token  TEXT PRIMARY KEY,                    -- as in file
    due_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX stray_blob_due ON stray_blob (due_at);

-- Whatever takes a file away, also the end of a room, leaves its content to be deleted.
CREATE FUNCTION leave_blob() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO stray_blob (token, due_at) VALUES (old.token, now())
    ON CONFLICT (token) DO UPDATE SET due_at = excluded.due_at;
    RETURN NULL;
END
$$;
CREATE TRIGGER file_gone AFTER DELETE ON file FOR EACH ROW EXECUTE FUNCTION leave_blob();
