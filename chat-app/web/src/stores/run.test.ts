import { describe, expect, it } from 'vitest'
import type { Page } from '../api/history'
import { message, run as messages } from '../testing/messages'
import { MOST_MESSAGES, type Run, hasNewer, startedWith, withLive, withNewer, withOlder } from './run'

const page = (from: number, to: number, hasMore: boolean, lastSeq = 1_000): Page => ({
  messages: messages(from, to),
  hasMore,
  lastSeq,
  lastChangeSeq: 0,
})
const runOf = (from: number, to: number, newest = to): Run => ({
  messages: messages(from, to),
  hasOlder: from > 1,
  newest,
})
const bounds = ({ messages: all }: Run) => [all[0]?.seq, all.at(-1)?.seq]

describe('run', () => {
  it('ends where the room ends, or before', () => {
    expect(hasNewer(runOf(1, 10))).toBe(false)
    expect(hasNewer(runOf(1, 10, 11))).toBe(true)
    expect(hasNewer(startedWith(page(1, 10, false, 10), 0))).toBe(false)
  })

  it('drops the newest when it grows backwards beyond its bound', () => {
    const grown = withOlder(runOf(51, 50 + MOST_MESSAGES), page(1, 50, false, 50 + MOST_MESSAGES))
    expect(bounds(grown)).toEqual([1, MOST_MESSAGES])
    expect(hasNewer(grown)).toBe(true)
    expect(grown.hasOlder).toBe(false)
  })

  it('drops the oldest when it grows forwards beyond its bound', () => {
    const grown = withNewer(runOf(1, MOST_MESSAGES, 1_000), page(MOST_MESSAGES + 1, MOST_MESSAGES + 50, true))
    expect(bounds(grown)).toEqual([51, MOST_MESSAGES + 50])
    expect(grown.hasOlder).toBe(true)
  })

  it('follows live messages for a reader at the end', () => {
    const grown = withLive(runOf(1, MOST_MESSAGES), [message(MOST_MESSAGES + 1)], true)
    expect(bounds(grown)).toEqual([2, MOST_MESSAGES + 1])
    expect(hasNewer(grown)).toBe(false)
  })

  it('keeps what a reader looks at, and stays without gaps', () => {
    const full = withLive(runOf(1, MOST_MESSAGES), [message(MOST_MESSAGES + 1)], false)
    expect(bounds(full)).toEqual([1, MOST_MESSAGES])
    expect(hasNewer(full)).toBe(true)
    const later = withLive(full, [message(MOST_MESSAGES + 2)], true)
    expect(bounds(later)).toEqual([1, MOST_MESSAGES])
    expect(later.newest).toBe(MOST_MESSAGES + 2)
  })

  it('grows for a reader who is not at the end while there is room', () => {
    expect(bounds(withLive(runOf(1, 50), messages(51, 53), false))).toEqual([1, 53])
  })
})
