import { describe, expect, it } from 'vitest'
import type { Member } from '../api/model'
import { message } from '../testing/messages'
import type { Outgoing } from './outbox'
import { type Row, rowsOf } from './rows'

const ME = 1
const context = { me: ME, unreadBy: () => 0, memberOf: () => undefined }
const noon = (day: number, minute = 0) => new Date(2026, 10, day, 12, minute).toISOString()
const kinds = (rows: Row[]) => rows.map(({ kind }) => kind)

describe('rowsOf', () => {
  it('puts one divider before the first message of each day', () => {
    const rows = rowsOf(
      [noon(20), noon(21), noon(21, 5)].map((createdAt, index) => message(index + 1, { createdAt })),
      [],
      context,
    )
    expect(kinds(rows).filter((kind) => kind === 'day')).toHaveLength(2)
  })

  it('groups what one member says in one minute under one sender line', () => {
    const rows = rowsOf([message(1), message(2), message(3, { senderId: 8 })], [], context)
    expect(kinds(rows)).toEqual(['day', 'sender', 'bubble', 'bubble', 'sender', 'bubble'])
    expect(rows[2]).toMatchObject({ first: true, last: false })
    expect(rows[3]).toMatchObject({ first: false, last: true })
  })

  it('shows members by the names and pictures that they have now, and others by those that they had', () => {
    const now = { id: 7, name: '새 이름', tag: 'NEW001', avatarUrl: '/file/new' } as Member
    const rows = rowsOf([message(1), message(2, { senderId: 8 })], [], { ...context, memberOf: (id) => (id === 7 ? now : undefined) })
    expect(rows[1]).toMatchObject({ message: { senderName: '새 이름', senderTag: 'NEW001', senderAvatarUrl: '/file/new' } })
    expect(rows[3]).toMatchObject({ message: { senderName: '하늘', senderAvatarUrl: null } })
  })

  it('starts a new group after a notice', () => {
    const rows = rowsOf([message(1), message(2, { type: 'JOIN' }), message(3)], [], context)
    expect(kinds(rows)).toEqual(['day', 'sender', 'bubble', 'notice', 'sender', 'bubble'])
  })

  it('gives own messages no sender line', () => {
    expect(kinds(rowsOf([message(1, { senderId: ME })], [], context))).toEqual(['day', 'bubble'])
  })

  it('marks where the unread ones begin', () => {
    const rows = rowsOf([message(1), message(2)], [], { ...context, unreadFrom: 2 })
    expect(kinds(rows)).toEqual(['day', 'sender', 'bubble', 'unread', 'sender', 'bubble'])
  })

  it('says of each stored message how many have not read it', () => {
    const rows = rowsOf([message(1), message(2)], [], { ...context, unreadBy: (seq) => seq * 10 })
    expect(rows.flatMap((row) => (row.kind === 'bubble' ? row.unreadBy : []))).toEqual([10, 20])
  })

  it('says which reactions are one’s own, however they came', () => {
    const reactions = [
      { emoji: '👍', count: 2, memberIds: [ME, 7] },
      { emoji: '🎉', count: 1, mine: false },
    ]
    const bubble = rowsOf([message(1, { reactions })], [], context).find(({ kind }) => kind === 'bubble')
    expect(bubble).toMatchObject({ reactions: [{ mine: true }, { mine: false }] })
  })

  it('keeps the key of a pending message when the stored one takes its place', () => {
    const entry: Outgoing = {
      clientMessageId: 'c-1',
      roomId: 1,
      message: '안녕',
      replyTo: null,
      files: [],
      createdAt: noon(21),
      state: 'sending',
    }
    const pending = rowsOf([], [entry], context)
    const stored = rowsOf([message(1, { senderId: ME, clientMessageId: 'c-1' })], [], context)
    expect(pending.at(-1)?.key).toBe(stored.at(-1)?.key)
  })

  it('keeps the rows of a page when an older one comes before it', () => {
    const page = [message(3), message(4)]
    const before = rowsOf(page, [], context).filter(({ kind }) => kind === 'bubble')
    const after = rowsOf([message(1), message(2), ...page], [], context).filter(({ kind }) => kind === 'bubble')
    expect(after.slice(2).map(({ key }) => key)).toEqual(before.map(({ key }) => key))
  })
})
