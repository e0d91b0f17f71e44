-- Members can be reported, too; nobody reports the same twice.
ALTER TABLE report ADD COLUMN member_id bigint REFERENCES member (id) ON DELETE SET NULL;
ALTER TABLE report ADD COLUMN handled_at timestamptz;
CREATE INDEX report_member ON report (member_id);
CREATE UNIQUE INDEX report_message_once ON report (reporter_id, message_id);
CREATE UNIQUE INDEX report_member_once ON report (reporter_id, member_id) WHERE message_id IS NULL AND state = 'OPEN';

-- What ended while servers could not tell each other.
CREATE INDEX session_revoked ON session (revoked_at);
