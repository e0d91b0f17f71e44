import { request } from './client'
import type { Change, Message } from './model'

export interface Page {
  /** Ascending by seq. */
  messages: Message[]
  /** There is more in the direction asked for; older than a page around a message. */
  hasMore: boolean
  /** The newest seq of the room. */
  lastSeq: number
  /** The newest change that the messages show. */
  lastChangeSeq: number
}

/** A page of a room: the newest, or the one next to or around a seq. */
export interface PageQuery {
  before?: number
  after?: number
  around?: number
  limit: number
}

export async function history(roomId: number, query: PageQuery): Promise<Page> {
  const { data, headers } = await request('get', '/chat/history/{id}', { path: { id: roomId }, query })
  return {
    messages: data,
    hasMore: headers.get('X-Has-More') === 'true',
    lastSeq: Number(headers.get('X-Last-Seq')) || (data.at(-1)?.seq ?? 0),
    lastChangeSeq: Number(headers.get('X-Last-Change-Seq')),
  }
}

/** What happened to messages after a change, the oldest first. */
export async function changesAfter(roomId: number, after: number): Promise<{ changes: Change[]; hasMore: boolean }> {
  const { data, headers } = await request('get', '/chat/room/{id}/changes', { path: { id: roomId }, query: { after } })
  return { changes: data, hasMore: headers.get('X-Has-More') === 'true' }
}
