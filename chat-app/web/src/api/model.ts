/** What the server sends: the objects of its REST interface by name, and those of its STOMP interface. */
import type { Schemas } from './operations'

export type Member = Schemas['Member']
/** Oneself. */
export type Me = Schemas['Me']
export type Participant = Schemas['Participant']
/** `seq` is dense in a room: 1, 2, 3, without holes. */
export type Message = Schemas['Message']
export type Attachment = Schemas['File']
/** The message that another one answers. */
export type Reply = Schemas['Reply']
/** Live copies say whose it is, answers to requests whether it is the reader's. */
export type Reaction = Schemas['Reaction']
/** Something that happened to a message, with the message as it is now. */
export type Change = Schemas['Change']
export type Room = Schemas['Room']
/** A room as it appears in the reader's own list. */
export type MyRoom = Schemas['MyRoom']
export type RoomDetail = Schemas['RoomDetails']
/** What a member wants to be told of in a room. */
export type Notify = Schemas['Notify']
export const NOTIFY_LEVELS: readonly Notify[] = ['ALL', 'MENTIONS', 'NONE']
/** What new members may read of a room. */
export type History = Schemas['History']
export const HISTORIES: readonly History[] = ['ALL', 'SINCE_JOIN']

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
  | { type: 'MEMBER_UPDATED'; member: Member }
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
  /** Those of them no page of whom is to be seen. */
  away: number[]
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
