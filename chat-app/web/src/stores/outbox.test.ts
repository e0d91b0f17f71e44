import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const sent: { roomId: number; message: string; clientMessageId: string }[] = []
vi.mock('../stomp/connection', () => ({ publish: (_: string, body: (typeof sent)[number]) => sent.push(body) }))

const { acknowledge, closeOutbox, discard, openOutbox, outgoing, refuse, resend, retry, send, shown } = await import(
  './outbox'
)

const entries = outgoing(1)
const only = () => entries.value[0]!
const ackFor = (clientMessageId: string, seq: number) => ({
  clientMessageId,
  id: 1_000 + seq,
  roomId: 1,
  seq,
  createdAt: '',
  duplicate: false,
})

describe('outbox', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    sessionStorage.clear()
    closeOutbox()
    openOutbox(7)
    sent.length = 0
  })
  afterEach(() => void vi.useRealTimers())

  it('goes from sending to sent by the ack, and away when the room shows it', () => {
    send(1, '안녕')
    expect(only().state).toBe('sending')
    acknowledge(ackFor(only().clientMessageId, 5))
    expect(only().state).toBe('sent')
    shown(1, 4, new Set())
    expect(entries.value).toHaveLength(1)
    shown(1, 5, new Set())
    expect(entries.value).toEqual([])
  })

  it('goes away when the message itself comes before the ack', () => {
    send(1, '안녕')
    const { clientMessageId } = only()
    shown(1, 5, new Set([clientMessageId]))
    acknowledge(ackFor(clientMessageId, 5))
    expect(entries.value).toEqual([])
  })

  it('fails after ten seconds without an ack, and is tried again under the same id', () => {
    send(1, '안녕')
    vi.advanceTimersByTime(10_000)
    expect(only()).toMatchObject({ state: 'failed', code: undefined })
    retry(only().clientMessageId)
    expect(only().state).toBe('sending')
    expect(sent).toHaveLength(2)
    expect(sent[0]).toEqual(sent[1])
  })

  it('says why the server refused', () => {
    send(1, '안녕')
    refuse({ clientMessageId: only().clientMessageId, code: 'NOT_PARTICIPANT', message: '' })
    expect(only()).toMatchObject({ state: 'failed', code: 'NOT_PARTICIPANT' })
    vi.advanceTimersByTime(60_000)
    resend()
    expect(sent).toHaveLength(1)
  })

  it('tries again what was too fast when the server allows it', () => {
    send(1, '안녕')
    refuse({ clientMessageId: only().clientMessageId, code: 'RATE_LIMITED', message: '', details: { retryAfter: 3 } })
    vi.advanceTimersByTime(2_999)
    expect(only()).toMatchObject({ state: 'failed', code: 'RATE_LIMITED' })
    vi.advanceTimersByTime(1)
    expect(only().state).toBe('sending')
    expect(sent).toHaveLength(2)
  })

  it('sends what was not answered again after a reconnect, in order', () => {
    send(1, 'one')
    send(1, 'two')
    vi.advanceTimersByTime(60_000)
    resend()
    expect(sent.map(({ message }) => message)).toEqual(['one', 'two', 'one', 'two'])
  })

  it('does not resend by itself what was refused, acknowledged or is two minutes old', () => {
    send(1, 'old')
    vi.advanceTimersByTime(120_000)
    send(1, 'refused')
    refuse({ clientMessageId: entries.value[1]!.clientMessageId, code: 'MESSAGE_TOO_LONG', message: '' })
    send(1, 'stored')
    acknowledge(ackFor(entries.value[2]!.clientMessageId, 9))
    sent.length = 0
    resend()
    expect(sent).toEqual([])
  })

  it('survives a reload of the tab for the same member only', () => {
    send(1, '안녕')
    closeOutbox()
    openOutbox(8)
    expect(entries.value).toEqual([])
    openOutbox(7)
    expect(only()).toMatchObject({ message: '안녕', state: 'failed' })
  })

  it('forgets what is discarded, also after a reload', () => {
    send(1, '안녕')
    discard(only().clientMessageId)
    openOutbox(7)
    expect(entries.value).toEqual([])
  })

  it('makes ids of the form of a version 4 uuid', () => {
    send(1, '안녕')
    expect(only().clientMessageId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })
})
