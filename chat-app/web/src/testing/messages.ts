/** Messages for unit tests. */
import type { Message } from '../api/model'

export function message(seq: number, given: Partial<Message> = {}): Message {
  return {
    id: 1_000 + seq,
    roomId: 1,
    seq,
    type: 'TALK',
    message: `message ${seq}`,
    senderId: 7,
    senderName: '하늘',
    senderTag: 'ABC123',
    createdAt: '2026-11-21T05:20:00.000Z',
    clientMessageId: null,
    replyTo: null,
    senderAvatarUrl: null,
    mentions: [],
    files: [],
    reactions: [],
    version: 1,
    editedAt: null,
    deleted: false,
    ...given,
  }
}

/** Messages `from` to `to`, both included. */
export function run(from: number, to: number): Message[] {
  return Array.from({ length: to - from + 1 }, (_, index) => message(from + index))
}
