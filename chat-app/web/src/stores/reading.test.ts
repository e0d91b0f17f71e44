import { beforeEach, describe, expect, it } from 'vitest'
import { message, run } from '../testing/messages'
import { firstUnread } from './reading'
import { applyRoomUpdate, forgetRooms } from './rooms'

const ME = 1

function readUpTo(lastReadSeq: number): void {
  applyRoomUpdate({
    type: 'UPSERT',
    room: {
      roomId: 1,
      roomName: '',
      isGroupChat: 'Y',
      isPrivate: false,
      memberCount: 2,
      joined: true,
      lastMessage: null,
      lastMessageAt: null,
      createdAt: '',
      unReadCount: 1,
      lastSeq: 10,
      lastReadSeq,
    },
  })
}

describe('firstUnread', () => {
  beforeEach(forgetRooms)

  it('is the first message of another member after the marker', () => {
    readUpTo(1)
    const messages = [message(1), message(2, { type: 'JOIN' }), message(3, { senderId: ME }), message(4), message(5)]
    expect(firstUnread(1, ME, messages, false)).toBe(4)
  })

  it('is none when everything is read', () => {
    readUpTo(2)
    expect(firstUnread(1, ME, run(1, 2), false)).toBeUndefined()
  })

  it('is not guessed when it lies before the page', () => {
    readUpTo(3)
    expect(firstUnread(1, ME, run(11, 60), true)).toBeUndefined()
    expect(firstUnread(1, ME, run(4, 60), true)).toBe(4)
  })
})
