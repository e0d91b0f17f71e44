/** What the server sends: the objects of its REST and STOMP interfaces. */

export interface Member {
  id: number
  name: string
  /** Tells members of the same name apart; shown as `name#tag`. */
  tag: string
  kind: 'USER' | 'GUEST' | 'BOT'
  avatarUrl: string | null
  online?: boolean
}

/** Oneself. */
export interface Me extends Member {
  email: string | null
  role: 'USER' | 'ADMIN'
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
  senderAvatarUrl: string | null
  createdAt: string
  clientMessageId: string | null
  replyTo: Reply | null
  /** Ids of those it names. */
  mentions: number[]
  files: Attachment[]
  reactions: Reaction[]
  /** 1, and one more with each edit. */
  version: number
  editedAt: string | null
  /** Its text is gone, its place is not. */
  deleted: boolean
}

/** A file that a message carries. */
export interface Attachment {
  id: number
  token: string
  name: string
  contentType: string
  /** Octets. */
  size: number
  /** Pixels, of a picture. */
  width: number | null
  height: number | null
  url: string
  /** A small one, of a picture. */
  thumbUrl: string | null
}

/** The message that another one answers. */
export interface Reply {
  id: number
  seq: number
  senderName: string | null
  excerpt: string
}

/** Live copies say whose it is, answers to requests whether it is the reader's. */
export interface Reaction {
  emoji: string
  count: number
  mine?: boolean
  memberIds?: number[]
}

/** Something that happened to a message, with the message as it is now. */
export interface Change {
  type: 'UPDATED' | 'DELETED' | 'REACTION'
  /** Dense in a room, like seq. */
  changeSeq: number
  message: Message
}

export interface Room {
  roomId: number
  roomName: string
  isGroupChat: 'Y' | 'N'
  /** Has a password. */
  isPrivate: boolean
  memberCount: number
  onlineCount: number
  ownerId: number | null
  joined: boolean
  lastMessage: string | null
  lastMessageAt: string | null
  createdAt: string
}

/** A room as it appears in the reader's own list. */
export interface MyRoom extends Room {
  /** Capped by the server at 100. */
  unReadCount: number
  /** How many of these name the reader. */
  mentionCount: number
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
  | { type: 'ROOM_UPDATED' }
  | { type: 'ROOM_DELETED' }
  | Change

/** Everyone who is writing in a room at the moment. */
export interface Typing {
  members: { id: number; name: string }[]
}

export interface Presence {
  online: number[]
  onlineCount: number
  memberCount: number
}

/** A refusal that arrives by STOMP instead of as a response. */
export interface Refusal {
  code: string
  message: string
  clientMessageId?: string
  details?: {
    /** Seconds, of `RATE_LIMITED`. */
    retryAfter?: number
  }
}
