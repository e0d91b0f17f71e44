import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Participant, RoomDetail } from '../api/model'

const asked: { answer: (room: RoomDetail) => void; fail: () => void }[] = []
vi.mock('../api/rooms', () => ({
  roomDetail: () => new Promise<RoomDetail>((answer, reject) => asked.push({ answer, fail: () => reject(new Error('gone')) })),
}))
vi.mock('../stomp/connection', () => ({ subscribe: vi.fn() }))
const { useRoom } = await import('./room')

const person = (id: number, name: string, lastReadSeq = 0) => ({ id, name, tag: 'ABC123', lastReadSeq }) as Participant
const detail = (...members: Participant[]) => ({ roomId: 1, members }) as RoomDetail

describe('a room', () => {
  beforeEach(() => void (asked.length = 0))

  it('is as the newest answer has it, whichever comes last', async () => {
    const { refresh, apply, memberOf } = useRoom(1, 7)
    const first = refresh()
    apply({ type: 'MEMBER_UPDATED', member: person(8, '새 이름') })
    asked[1]!.answer(detail(person(7, '나'), person(8, '새 이름')))
    asked[0]!.answer(detail(person(7, '나'), person(8, '옛 이름')))
    await first
    expect(memberOf(8)?.name).toBe('새 이름')
  })

  it('does not forget how far somebody has read for an answer that is older', async () => {
    const { refresh, apply, unreadBy } = useRoom(1, 7)
    const first = refresh()
    asked[0]!.answer(detail(person(7, '나', 5), person(8, '하늘', 2)))
    await first
    const second = refresh()
    apply({ type: 'READ', memberId: 8, lastReadSeq: 5 })
    asked[1]!.answer(detail(person(7, '나', 5), person(8, '하늘', 2)))
    await second
    expect(unreadBy(5, 7)).toBe(0)
  })

  it('says when it is not to be had', async () => {
    const { refresh } = useRoom(1, 7)
    const first = refresh()
    asked[0]!.fail()
    await expect(first).rejects.toThrow('gone')
  })
})
