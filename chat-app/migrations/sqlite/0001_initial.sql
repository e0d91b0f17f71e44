-- The whole data model of the chat service.
--
-- Ids are integers below 2^53 so that JSON clients can hold them. Times are RFC 3339 texts in UTC with
-- milliseconds and a `Z`, written by the application: as texts they sort by time.

CREATE TABLE member (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    kind           TEXT    NOT NULL DEFAULT 'USER' CHECK (kind IN ('USER', 'GUEST', 'BOT')),
    role           TEXT    NOT NULL DEFAULT 'USER' CHECK (role IN ('USER', 'ADMIN')),
    status         TEXT    NOT NULL DEFAULT 'ACTIVE' CHECK (status IN ('ACTIVE', 'BANNED', 'DELETED')),
    name           TEXT    NOT NULL,
    tag            TEXT    NOT NULL,            -- six characters, shown as name#TAG
    email          TEXT,                        -- lower case; NULL for guests
    email_verified INTEGER NOT NULL DEFAULT 0,
    password_hash  TEXT,                        -- argon2id, PHC string
    avatar_file_id INTEGER REFERENCES file (id) ON DELETE SET NULL,
    locale         TEXT    CHECK (locale IN ('ko', 'en')), -- NULL follows the browser
    token_epoch    INTEGER NOT NULL DEFAULT 0,  -- raising it ends every access token of the member
    created_at     TEXT    NOT NULL,
    updated_at     TEXT    NOT NULL,
    last_seen_at   TEXT,
    UNIQUE (name, tag)
);
CREATE UNIQUE INDEX member_email ON member (email) WHERE email IS NOT NULL;
CREATE INDEX member_avatar ON member (avatar_file_id) WHERE avatar_file_id IS NOT NULL;
CREATE INDEX member_guest_sweep ON member (last_seen_at) WHERE kind = 'GUEST';

-- A member may link one identity of each of several providers.
CREATE TABLE oauth_identity (
    provider   TEXT    NOT NULL CHECK (provider IN ('google', 'kakao', 'naver')),
    subject    TEXT    NOT NULL,                -- the provider's own id of the account
    member_id  INTEGER NOT NULL REFERENCES member (id) ON DELETE CASCADE,
    email      TEXT,
    created_at TEXT    NOT NULL,
    PRIMARY KEY (provider, subject),
    UNIQUE (member_id, provider)
);

-- One row per device. A refresh token has a part that stays (the family) and one that is new each time it is
-- used: the right family with any but the newest second part means that somebody copied the token, unless it is the
-- one before and that was newest a moment ago: two tabs may refresh at once.
CREATE TABLE session (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    member_id    INTEGER NOT NULL REFERENCES member (id) ON DELETE CASCADE,
    family_hash  BLOB    NOT NULL UNIQUE,       -- SHA-256
    refresh_hash BLOB    NOT NULL,              -- SHA-256 of the newest token
    prev_hash    BLOB,                          -- SHA-256 of the one before
    rotated_at   TEXT,
    user_agent   TEXT,
    ip           TEXT,
    created_at   TEXT    NOT NULL,
    last_used_at TEXT    NOT NULL,
    expires_at   TEXT    NOT NULL,
    revoked_at   TEXT
);
CREATE INDEX session_member ON session (member_id);
CREATE INDEX session_refresh ON session (refresh_hash);

CREATE TABLE room (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    type            TEXT    NOT NULL CHECK (type IN ('GROUP', 'PRIVATE')),
    name            TEXT    NOT NULL,           -- empty for PRIVATE: each sees the other's name
    password_hash   TEXT,                       -- argon2id; NULL for an open room
    listed          INTEGER NOT NULL DEFAULT 1,
    owner_id        INTEGER REFERENCES member (id) ON DELETE SET NULL,
    pair_key        TEXT    UNIQUE,             -- 'lower:higher' member ids: there is one room per pair
    last_seq        INTEGER NOT NULL DEFAULT 0, -- of the newest message
    last_change_seq INTEGER NOT NULL DEFAULT 0, -- of the newest message_change
    last_message_at TEXT    NOT NULL,           -- when the room was made, until there is a message
    history         TEXT    NOT NULL DEFAULT 'ALL' CHECK (history IN ('ALL', 'SINCE_JOIN')),
    retention_days  INTEGER,                    -- NULL follows the server's setting
    created_at      TEXT    NOT NULL,
    CHECK ((type = 'PRIVATE') = (pair_key IS NOT NULL))
);
CREATE INDEX room_owner ON room (owner_id);
CREATE INDEX room_list ON room (last_message_at DESC, id DESC) WHERE type = 'GROUP' AND listed;

CREATE TABLE participant (
    room_id       INTEGER NOT NULL REFERENCES room (id) ON DELETE CASCADE,
    member_id     INTEGER NOT NULL REFERENCES member (id) ON DELETE CASCADE,
    role          TEXT    NOT NULL DEFAULT 'MEMBER' CHECK (role IN ('OWNER', 'MEMBER')),
    notify        TEXT    NOT NULL DEFAULT 'ALL' CHECK (notify IN ('ALL', 'MENTIONS', 'NONE')),
    hidden_seq    INTEGER,                    -- a 1:1 room is not left but hidden while this is its newest message
    joined_seq    INTEGER NOT NULL DEFAULT 0,   -- where history starts in SINCE_JOIN rooms
    last_read_seq INTEGER NOT NULL DEFAULT 0,
    joined_at     TEXT    NOT NULL,
    PRIMARY KEY (room_id, member_id)
);
CREATE INDEX participant_member ON participant (member_id);

CREATE TABLE message (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    room_id           INTEGER NOT NULL REFERENCES room (id) ON DELETE CASCADE,
    seq               INTEGER NOT NULL,         -- 1, 2, 3 ... in each room, without holes
    sender_id         INTEGER REFERENCES member (id) ON DELETE SET NULL,
    type              TEXT    NOT NULL CHECK (type IN ('TALK', 'JOIN', 'LEAVE', 'SYSTEM')),
    body              TEXT    NOT NULL,
    client_message_id TEXT,                     -- the sender's own id: sending it again stores nothing
    reply_to          INTEGER REFERENCES message (id) ON DELETE SET NULL,
    version           INTEGER NOT NULL DEFAULT 1,
    edited_at         TEXT,
    deleted_at        TEXT,                     -- the row stays and keeps its seq; the body goes
    created_at        TEXT    NOT NULL,
    UNIQUE (room_id, seq),
    UNIQUE (room_id, sender_id, client_message_id)
);
CREATE INDEX message_created ON message (created_at);
CREATE INDEX message_sender ON message (sender_id);
CREATE INDEX message_reply ON message (reply_to) WHERE reply_to IS NOT NULL;

-- Edits, deletions and reactions, replayed to clients that were away.
CREATE TABLE message_change (
    room_id    INTEGER NOT NULL REFERENCES room (id) ON DELETE CASCADE,
    change_seq INTEGER NOT NULL,
    message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    kind       TEXT    NOT NULL CHECK (kind IN ('UPDATED', 'DELETED', 'REACTION')),
    created_at TEXT    NOT NULL,
    PRIMARY KEY (room_id, change_seq)
);
CREATE INDEX message_change_message ON message_change (message_id);

CREATE TABLE reaction (
    message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    member_id  INTEGER NOT NULL REFERENCES member (id) ON DELETE CASCADE,
    emoji      TEXT    NOT NULL,
    created_at TEXT    NOT NULL,
    PRIMARY KEY (message_id, member_id, emoji)
);
CREATE INDEX reaction_member ON reaction (member_id);

CREATE TABLE mention (
    message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    member_id  INTEGER NOT NULL REFERENCES member (id) ON DELETE CASCADE,
    room_id    INTEGER NOT NULL REFERENCES room (id) ON DELETE CASCADE,
    seq        INTEGER NOT NULL,
    PRIMARY KEY (message_id, member_id)
);
CREATE INDEX mention_member ON mention (member_id, room_id, seq);
CREATE INDEX mention_room ON mention (room_id);

CREATE TABLE file (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    token        TEXT    NOT NULL UNIQUE,       -- 128 random bits, in the URL
    owner_id     INTEGER REFERENCES member (id) ON DELETE SET NULL,
    room_id      INTEGER REFERENCES room (id) ON DELETE CASCADE, -- NULL for an avatar
    message_id   INTEGER REFERENCES message (id) ON DELETE CASCADE,
    position     INTEGER NOT NULL DEFAULT 0,
    name         TEXT    NOT NULL,
    content_type TEXT    NOT NULL,
    size         INTEGER NOT NULL,              -- octets
    sha256       BLOB    NOT NULL,
    width        INTEGER,                       -- pixels
    height       INTEGER,
    thumb_size   INTEGER,                       -- octets
    created_at   TEXT    NOT NULL
);
CREATE INDEX file_message ON file (message_id, position);
CREATE INDEX file_room ON file (room_id);
CREATE INDEX file_owner ON file (owner_id);
CREATE INDEX file_orphan ON file (created_at) WHERE message_id IS NULL AND room_id IS NOT NULL;

CREATE TABLE invite (
    code       TEXT    PRIMARY KEY,
    room_id    INTEGER NOT NULL REFERENCES room (id) ON DELETE CASCADE,
    created_by INTEGER REFERENCES member (id) ON DELETE SET NULL,
    max_uses   INTEGER,
    uses       INTEGER NOT NULL DEFAULT 0,
    expires_at TEXT,
    revoked_at TEXT,
    created_at TEXT    NOT NULL
);
CREATE INDEX invite_room ON invite (room_id);
CREATE INDEX invite_created_by ON invite (created_by);

-- Who has shown a room's password and may join until then.
CREATE TABLE room_grant (
    room_id    INTEGER NOT NULL REFERENCES room (id) ON DELETE CASCADE,
    member_id  INTEGER NOT NULL REFERENCES member (id) ON DELETE CASCADE,
    expires_at TEXT NOT NULL,
    PRIMARY KEY (room_id, member_id)
);
CREATE INDEX room_grant_member ON room_grant (member_id);

CREATE TABLE room_ban (
    room_id    INTEGER NOT NULL REFERENCES room (id) ON DELETE CASCADE,
    member_id  INTEGER NOT NULL REFERENCES member (id) ON DELETE CASCADE,
    by_id      INTEGER REFERENCES member (id) ON DELETE SET NULL,
    reason     TEXT,
    created_at TEXT    NOT NULL,
    PRIMARY KEY (room_id, member_id)
);
CREATE INDEX room_ban_member ON room_ban (member_id);
CREATE INDEX room_ban_by ON room_ban (by_id);

CREATE TABLE member_block (
    member_id  INTEGER NOT NULL REFERENCES member (id) ON DELETE CASCADE,
    blocked_id INTEGER NOT NULL REFERENCES member (id) ON DELETE CASCADE,
    created_at TEXT    NOT NULL,
    PRIMARY KEY (member_id, blocked_id)
);
CREATE INDEX member_block_blocked ON member_block (blocked_id);

CREATE TABLE report (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id  INTEGER REFERENCES message (id) ON DELETE SET NULL,
    reporter_id INTEGER REFERENCES member (id) ON DELETE SET NULL,
    reason      TEXT    NOT NULL,
    snapshot    TEXT    NOT NULL,               -- the message as it was reported
    state       TEXT    NOT NULL DEFAULT 'OPEN',
    handled_by  INTEGER REFERENCES member (id) ON DELETE SET NULL,
    created_at  TEXT    NOT NULL
);
CREATE INDEX report_message ON report (message_id);
CREATE INDEX report_reporter ON report (reporter_id);
CREATE INDEX report_handled_by ON report (handled_by);

CREATE TABLE push_subscription (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    member_id  INTEGER NOT NULL REFERENCES member (id) ON DELETE CASCADE,
    session_id INTEGER REFERENCES session (id) ON DELETE CASCADE,
    endpoint   TEXT    NOT NULL UNIQUE,
    p256dh     TEXT    NOT NULL,
    auth       TEXT    NOT NULL,
    failures   INTEGER NOT NULL DEFAULT 0,
    created_at TEXT    NOT NULL
);
CREATE INDEX push_subscription_member ON push_subscription (member_id);
CREATE INDEX push_subscription_session ON push_subscription (session_id);

CREATE TABLE audit_log (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    actor_id   INTEGER,                         -- no reference: the log outlives the member
    action     TEXT    NOT NULL,
    target     TEXT,
    detail     TEXT,
    ip         TEXT,
    created_at TEXT    NOT NULL
);

CREATE TABLE setting (
    key        TEXT PRIMARY KEY,
    value      TEXT NOT NULL,
    updated_at TEXT NOT NULL
);

-- What search looks in: words and pairs of Hangul or Han characters, made by the application.
-- The rowid is the id of the message.
CREATE VIRTUAL TABLE message_fts USING fts5 (grams, content = '', contentless_delete = 1, tokenize = 'unicode61');

-- The index has no references of its own.
CREATE TRIGGER message_gone AFTER DELETE ON message BEGIN
    DELETE FROM message_fts WHERE rowid = old.id;
END;

-- A member with what the service has to know of it.
CREATE VIEW member_view AS
SELECT member.id, member.name, member.tag, member.kind, member.role, member.status, member.token_epoch, member.email,
       member.locale, '/file/' || avatar.token AS avatar_url
FROM member LEFT JOIN file AS avatar ON avatar.id = member.avatar_file_id;

-- A file as clients get it.
CREATE VIEW file_view AS
SELECT file.id, file.token, file.message_id, file.position,
       json_object('id', file.id, 'token', file.token, 'name', file.name, 'contentType', file.content_type,
           'size', file.size, 'width', file.width, 'height', file.height, 'url', '/file/' || file.token,
           'thumbUrl', CASE WHEN file.thumb_size IS NOT NULL THEN '/file/' || file.token || '/thumb' END) AS file
FROM file;

-- A message as clients get it.
CREATE VIEW message_view AS
SELECT message.id, message.room_id, message.seq, message.type, message.body, message.sender_id,
       sender.name AS sender_name, sender.tag AS sender_tag, '/file/' || avatar.token AS sender_avatar_url,
       message.client_message_id, message.version, message.edited_at,
       message.deleted_at IS NOT NULL AS deleted, message.created_at,
       (SELECT json_object('id', answered.id, 'seq', answered.seq, 'senderName', speaker.name,
                   'excerpt', substr(answered.body, 1, 100))
        FROM message AS answered LEFT JOIN member AS speaker ON speaker.id = answered.sender_id
        WHERE answered.id = message.reply_to) AS reply_to,
       (SELECT json_group_array(mention.member_id ORDER BY mention.member_id)
        FROM mention WHERE mention.message_id = message.id) AS mentions,
       (SELECT json_group_array(json(file_view.file) ORDER BY file_view.position)
        FROM file_view WHERE file_view.message_id = message.id) AS files,
       (SELECT json_group_array(json_object('emoji', emoji, 'count', count, 'memberIds', json(ids)) ORDER BY since, emoji)
        FROM (SELECT emoji, count(*) AS count, min(created_at) AS since, json_group_array(member_id ORDER BY created_at, member_id) AS ids
              FROM reaction WHERE reaction.message_id = message.id GROUP BY emoji) AS reactions) AS reactions
FROM message LEFT JOIN member AS sender ON sender.id = message.sender_id
             LEFT JOIN file AS avatar ON avatar.id = sender.avatar_file_id;

-- What a participant may read of a room: what is numbered beyond `floor`.
CREATE VIEW access AS
SELECT participant.room_id, participant.member_id, participant.joined_seq, participant.last_read_seq,
       CASE room.history WHEN 'SINCE_JOIN' THEN participant.joined_seq ELSE 0 END AS floor,
       room.owner_id, room.last_seq, room.last_change_seq
FROM participant JOIN room ON room.id = participant.room_id;

-- A room as anyone may see it.
CREATE VIEW room_view AS
SELECT room.id, room.type, room.name, room.password_hash IS NOT NULL AS locked, room.listed, room.owner_id,
       room.last_seq, room.last_message_at, room.created_at,
       (SELECT count(*) FROM participant WHERE participant.room_id = room.id) AS member_count
FROM room;

-- A room as one of its participants sees it: a 1:1 room has the name and picture of the other. Counting stops at 100.
CREATE VIEW my_room_view AS
SELECT room_view.id, room_view.type, room_view.locked, room_view.owner_id, room_view.member_count,
       room_view.last_seq, room_view.last_message_at, room_view.created_at, 1 AS joined,
       mine.member_id, mine.last_read_seq, mine.notify,
       coalesce(mine.hidden_seq >= room_view.last_seq, 0) AS hidden,
       CASE room_view.type WHEN 'GROUP' THEN room_view.name ELSE coalesce(
           (SELECT other.name FROM participant AS theirs JOIN member AS other ON other.id = theirs.member_id
            WHERE theirs.room_id = mine.room_id AND theirs.member_id <> mine.member_id), '') END AS name,
       CASE room_view.type WHEN 'PRIVATE' THEN
           (SELECT other.avatar_url FROM participant AS theirs JOIN member_view AS other ON other.id = theirs.member_id
            WHERE theirs.room_id = mine.room_id AND theirs.member_id <> mine.member_id) END AS avatar_url,
       (SELECT substr(last.body, 1, 200) FROM message AS last
        WHERE last.room_id = mine.room_id AND last.type = 'TALK' AND last.seq > access.floor
        ORDER BY last.seq DESC LIMIT 1) AS last_message,
       (SELECT count(*) FROM (
            SELECT 1 FROM message AS unread
            WHERE unread.room_id = mine.room_id AND unread.seq > mine.last_read_seq
              AND unread.type = 'TALK' AND unread.sender_id IS NOT mine.member_id
            LIMIT 100) AS capped) AS unread_count,
       (SELECT count(*) FROM (
            SELECT 1 FROM mention
            WHERE mention.member_id = mine.member_id AND mention.room_id = mine.room_id
              AND mention.seq > mine.last_read_seq
            LIMIT 100) AS capped) AS mention_count
FROM participant AS mine
JOIN room_view ON room_view.id = mine.room_id
JOIN access ON access.room_id = mine.room_id AND access.member_id = mine.member_id;

-- Who is in a room.
CREATE VIEW participant_view AS
SELECT participant.room_id, participant.role AS room_role, participant.last_read_seq, participant.joined_at,
       participant.notify, member_view.*
FROM participant JOIN member_view ON member_view.id = participant.member_id;

-- Invitations that were neither ended nor used up.
CREATE VIEW invite_view AS
SELECT code, room_id, '/join/' || code AS url, created_by, max_uses, uses, expires_at, created_at
FROM invite WHERE revoked_at IS NULL AND (max_uses IS NULL OR uses < max_uses);
