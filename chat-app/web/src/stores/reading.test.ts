import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type EffectScope, effectScope, nextTick, ref } from 'vue'
import { message, run } from '../testing/messages'

const markRead = vi.fn((_room: number, _seq: number) => Promise.resolve())
vi.mock('./rooms', () => ({ markRead }))

const { firstUnread, useReading } = await import('./reading')

const ME = 1
const told = () => markRead.mock.calls.map(([, seq]) => seq)

describe('firstUnread', () => {
  const whole = { hasOlder: false, newest: 5 }

  it('is the first message of another member after the marker', () => {
    const messages = [message(1), message(2, { type: 'JOIN' }), message(3, { senderId: ME }), message(4), message(5)]
    expect(firstUnread(1, ME, { ...whole, messages })).toBe(4)
  })

  it('is none when everything is read', () => {
    expect(firstUnread(2, ME, { ...whole, messages: run(1, 2) })).toBeUndefined()
  })

  it('is not guessed when it lies before the run', () => {
    const later = { hasOlder: true, newest: 60 }
    expect(firstUnread(3, ME, { ...later, messages: run(11, 60) })).toBeUndefined()
    expect(firstUnread(3, ME, { ...later, messages: run(4, 60) })).toBe(4)
  })
})

describe('useReading', () => {
  const seen = ref(0)
  let scope: EffectScope

  beforeEach(() => {
    vi.useFakeTimers()
    markRead.mockClear()
    seen.value = 3
    scope = effectScope()
    scope.run(() => useReading(1, seen))
  })
  afterEach(() => {
    scope.stop()
    vi.useRealTimers()
  })

  it('tells the server once a second how far it is', async () => {
    expect(told()).toEqual([3])
    for (const seq of [4, 5]) {
      seen.value = seq
      await nextTick()
    }
    expect(told()).toEqual([3])
    vi.advanceTimersByTime(1_000)
    expect(told()).toEqual([3, 5])
  })

  it('does not move back', async () => {
    vi.advanceTimersByTime(1_000)
    seen.value = 2
    await nextTick()
    expect(told()).toEqual([3])
  })

  it('tells the last place when the room is left', async () => {
    seen.value = 9
    await nextTick()
    scope.stop()
    expect(told()).toEqual([3, 9])
  })
})
