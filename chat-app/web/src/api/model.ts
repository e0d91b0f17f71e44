/** What the server sends: the objects of its REST and STOMP interfaces. */

export interface Member {
  id: number
  name: string
  /** Tells members of the same name apart; shown as `name#tag`. */
  tag: string
  kind: 'USER' | 'GUEST' | 'BOT'
  avatarUrl: string | null
  online?: boolean
  /** Only in one's own profile. */
  email?: string | null
}

export interface Participant extends Member {
  role: 'OWNER' | 'MEMBER'
  lastReadSeq: number
}

export interface Message {
  id: number
  roomId: number
  /** Dense in a room: 1, 2, 3, without holes. */
  seq: number
  type: 'TALK' | 'JOIN' | 'LEAVE' | 'SYSTEM'
  message: string
  /** Null, like name and tag, when the sender's account is gone. */
  senderId: number | null
  senderName: string | null
  senderTag: string | null
  createdAt: string
  clientMessageId: string | null
}

export interface Room {
  roomId: number
  roomName: string
  isGroupChat: 'Y' | 'N'
  /** Has a password. */
  isPrivate: boolean
  memberCount: number
  joined: boolean
  lastMessage: string | null
  lastMessageAt: string | null
  createdAt: string
}

/** A room as it appears in the reader's own list. */
export interface MyRoom extends Room {
  /** Capped by the server at 100. */
  unReadCount: number
  lastSeq: number
  lastReadSeq: number
}

export interface RoomDetail extends MyRoom {
  members: Participant[]
}

export interface Ack {
  clientMessageId: string
  id: number
  roomId: number
  seq: number
  createdAt: string
  duplicate: boolean
}

export type RoomUpdate = { type: 'UPSERT'; room: MyRoom } | { type: 'REMOVE'; room: Pick<MyRoom, 'roomId'> }

/** What happens in a room besides messages. */
export type RoomEvent =
  | { type: 'READ'; memberId: number; lastReadSeq: number }
  | { type: 'MEMBER_ADDED'; member: Member }
  | { type: 'MEMBER_REMOVED'; memberId: number; ownerId: number }
  | { type: 'ROOM_DELETED' }

/** A refusal that arrives by STOMP instead of as a response. */
export interface Refusal {
  code: string
  message: string
  clientMessageId?: string
}
