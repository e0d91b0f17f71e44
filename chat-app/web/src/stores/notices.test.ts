import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { dismiss, notices, notify } from './notices'

const notice = (messageId: number) => ({ kind: 'MENTION' as const, roomId: 1, messageId, title: '', body: '' })
const ids = () => notices.value.map(({ messageId }) => messageId)

describe('notices', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => {
    vi.runAllTimers()
    vi.useRealTimers()
  })

  it('are the newest three, each once', () => {
    for (const id of [1, 2, 3, 4, 4]) notify(notice(id))
    expect(ids()).toEqual([2, 3, 4])
  })

  it('go by themselves, or when they are dismissed', () => {
    notify(notice(1))
    notify(notice(2))
    dismiss(1)
    expect(ids()).toEqual([2])
    vi.advanceTimersByTime(7_000)
    expect(ids()).toEqual([])
  })
})
