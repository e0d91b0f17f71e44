-- Whom a message is for, and why: as far as they want to be told and have not blocked who said it.
CREATE VIEW notice_view AS
SELECT message_id, member_id, kind FROM (
    SELECT message.id AS message_id, participant.member_id, participant.notify,
           CASE WHEN mention.member_id IS NOT NULL THEN 'MENTION'
                WHEN answered.sender_id = participant.member_id THEN 'REPLY'
                WHEN room.type = 'PRIVATE' THEN 'DM'
                ELSE 'MESSAGE' END AS kind
    FROM message
    JOIN room ON room.id = message.room_id
    JOIN participant ON participant.room_id = message.room_id AND participant.member_id <> message.sender_id
    LEFT JOIN mention ON mention.message_id = message.id AND mention.member_id = participant.member_id
    LEFT JOIN message AS answered ON answered.id = message.reply_to
    WHERE NOT EXISTS (SELECT 1 FROM member_block WHERE member_block.member_id = participant.member_id
                                                   AND member_block.blocked_id = message.sender_id)
) AS meant
WHERE notify = 'ALL' OR notify = 'MENTIONS' AND kind IN ('MENTION', 'REPLY');
