import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { MyRoom } from '../api/model'

const read = vi.fn(() => Promise.resolve())
const fetched = vi.fn<() => Promise<MyRoom[]>>()
const notified = vi.fn(() => Promise.resolve())
vi.mock('../api/rooms', () => ({ markRead: read, myRooms: fetched, setNotify: notified }))

const { applyRoomUpdate, forgetRooms, loadRooms, markRead, onRoomRemoved, roomById, rooms, setNotify, unreadTotal } = await import(
  './rooms'
)

function room(roomId: number, given: Partial<MyRoom> = {}): MyRoom {
  return {
    roomId,
    roomName: `room ${roomId}`,
    isGroupChat: 'Y',
    type: 'GROUP',
    notify: 'ALL',
    hidden: false,
    isPrivate: false,
    memberCount: 2,
    onlineCount: 0,
    ownerId: null,
    joined: true,
    lastMessage: null,
    lastMessageAt: '2026-11-01T00:00:00.000Z',
    createdAt: '2026-11-01T00:00:00.000Z',
    unReadCount: 0,
    mentionCount: 0,
    lastSeq: 0,
    lastReadSeq: 0,
    ...given,
  }
}

const upsert = (given: MyRoom) => applyRoomUpdate({ type: 'UPSERT', room: given })

describe('rooms', () => {
  beforeEach(() => {
    forgetRooms()
    read.mockClear()
  })

  it('puts the room of the latest message first', () => {
    upsert(room(1, { lastMessageAt: '2026-11-21T01:00:00.000Z' }))
    upsert(room(2, { lastMessageAt: '2026-11-21T02:00:00.000Z' }))
    upsert(room(3))
    expect(rooms.value.map(({ roomId }) => roomId)).toEqual([2, 1, 3])
  })

  it('sums what is unread, and clears it without waiting for the server', async () => {
    upsert(room(1, { unReadCount: 3, lastSeq: 3 }))
    upsert(room(2, { unReadCount: 2, lastSeq: 2 }))
    expect(unreadTotal.value).toBe(5)
    await markRead(1, 3)
    expect(unreadTotal.value).toBe(2)
    expect(read).toHaveBeenCalledExactlyOnceWith(1, 3)
  })

  it('does not move the marker back or twice', async () => {
    upsert(room(1, { lastSeq: 5, lastReadSeq: 5 }))
    await markRead(1, 5)
    await markRead(1, 4)
    expect(read).not.toHaveBeenCalled()
  })

  it('keeps a newer marker of its own against an older one of the server', async () => {
    upsert(room(1, { lastSeq: 5, unReadCount: 5 }))
    await markRead(1, 5)
    upsert(room(1, { lastSeq: 5, lastReadSeq: 0, unReadCount: 5 }))
    expect(unreadTotal.value).toBe(0)
  })

  it('does not let a list undo updates that overtook it', async () => {
    let answer: (list: MyRoom[]) => void = () => {}
    fetched.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)))
    const loading = loadRooms()
    upsert(room(1, { lastSeq: 3, unReadCount: 3 }))
    applyRoomUpdate({ type: 'REMOVE', room: room(2) })
    answer([room(1), room(2), room(3)])
    await loading
    expect(rooms.value.map(({ roomId }) => roomId)).toEqual([3, 1])
    expect(unreadTotal.value).toBe(3)
  })

  it('ignores the list of an older request that comes last', async () => {
    let answer: (list: MyRoom[]) => void = () => {}
    fetched.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)))
    fetched.mockResolvedValueOnce([room(2)])
    const slow = loadRooms()
    await loadRooms()
    answer([room(1)])
    await slow
    expect(rooms.value.map(({ roomId }) => roomId)).toEqual([2])
  })

  it('shows at once what the reader wants to be told of', async () => {
    upsert(room(1))
    const saved = setNotify(1, 'NONE')
    expect(roomById(1)?.notify).toBe('NONE')
    await saved
    expect(notified).toHaveBeenCalledExactlyOnceWith(1, 'NONE')
  })

  it('takes that back when the server does not take it, and nothing else', async () => {
    upsert(room(1, { notify: 'MENTIONS' }))
    notified.mockImplementationOnce(async () => {
      upsert(room(1, { notify: 'NONE', lastMessage: 'meanwhile' }))
      throw new Error('refused')
    })
    await expect(setNotify(1, 'NONE')).rejects.toThrow('refused')
    expect(roomById(1)).toMatchObject({ notify: 'MENTIONS', lastMessage: 'meanwhile' })
  })

  it('tells who follows a room that it is gone', () => {
    const removed: number[] = []
    upsert(room(1))
    const forget = onRoomRemoved((roomId) => removed.push(roomId))
    applyRoomUpdate({ type: 'REMOVE', room: room(1) })
    forget()
    applyRoomUpdate({ type: 'REMOVE', room: room(1) })
    expect(removed).toEqual([1])
    expect(rooms.value).toEqual([])
  })
})
