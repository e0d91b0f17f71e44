import { describe, expect, it, vi } from 'vitest'
import type { Change, Message } from '../api/model'
import { message } from '../testing/messages'
import { ChangeLog } from './changes'

const change = (changeSeq: number, seq: number, text: string): Change => ({
  type: 'UPDATED',
  changeSeq,
  message: message(seq, { message: text }),
})

function logOf(stored: Change[]) {
  const shown = new Map<number, string>()
  const fetch = vi.fn((after: number) =>
    Promise.resolve({ changes: stored.filter(({ changeSeq }) => changeSeq > after), hasMore: false }),
  )
  const log = new ChangeLog(fetch, ({ seq, message: text }: Message) => shown.set(seq, text))
  return { log, fetch, shown }
}

describe('ChangeLog', () => {
  it('applies changes as they happen, and asks for nothing', () => {
    const { log, fetch, shown } = logOf([])
    log.reached(3)
    log.receive(change(4, 1, 'new'))
    expect(shown.get(1)).toBe('new')
    expect(fetch).not.toHaveBeenCalled()
  })

  it('knows what has become of a message that comes after its change', () => {
    const { log } = logOf([])
    log.reached(3)
    log.receive(change(4, 1, 'new'))
    expect(log.latest(message(1)).message).toBe('new')
    expect(log.latest(message(2)).message).toBe('message 2')
  })

  it('fetches what was missed between two of them', async () => {
    const { log, shown } = logOf([change(4, 1, 'missed'), change(5, 2, 'here')])
    log.reached(3)
    log.receive(change(5, 2, 'here'))
    await vi.waitFor(() => expect(shown.get(1)).toBe('missed'))
  })

  it('fetches what happened while the connection was gone', async () => {
    const { log, fetch, shown } = logOf([change(4, 1, 'meanwhile')])
    log.reached(3)
    log.reached(4)
    await vi.waitFor(() => expect(shown.get(1)).toBe('meanwhile'))
    expect(fetch).toHaveBeenCalledWith(3)
  })

  it('brings a page up to date that was read before a change', async () => {
    const { log, shown } = logOf([change(4, 1, 'new')])
    log.reached(3)
    log.receive(change(4, 1, 'new'))
    shown.clear()
    log.reached(3)
    await vi.waitFor(() => expect(shown.get(1)).toBe('new'))
  })

  it('does not let an older answer undo a newer change', async () => {
    const { log, shown } = logOf([change(4, 1, 'old')])
    log.reached(3)
    log.receive(change(5, 1, 'new'))
    await Promise.resolve()
    expect(shown.get(1)).toBe('new')
  })
})
