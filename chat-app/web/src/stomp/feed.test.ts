import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '../api/error'
import type { PageQuery } from '../api/history'
import type { Message } from '../api/model'
import { message, run } from '../testing/messages'
import { RoomFeed } from './feed'

/** A room on a server, a connection that can break, and what the reader sees. */
class World {
  stored: Message[] = []
  shown: Message[] = []
  failure: ApiError | undefined
  asked: PageQuery[] = []
  outage: ApiError | undefined
  refusal: ApiError | undefined
  unsubscribed = 0
  #connected: (() => void) | undefined
  #receive: ((message: Message) => void) | undefined

  readonly feed = new RoomFeed(
    {
      onConnected: (handler) => {
        this.#connected = handler
        return () => (this.#connected = undefined)
      },
      subscribe: (receive) => {
        this.#receive = receive
        return { confirmed: Promise.resolve(), end: () => this.#unsubscribe() }
      },
      history: (query) => this.#history(query),
      check: () => (this.refusal ? Promise.reject(this.refusal) : Promise.resolve()),
    },
    {
      replace: ({ messages }) => (this.shown = messages),
      append: (messages) => (this.shown = [...this.shown, ...messages]),
      fail: (error) => (this.failure = error),
    },
  )

  #unsubscribe(): void {
    this.unsubscribed++
    this.#receive = undefined
  }

  async connect(): Promise<void> {
    this.#connected?.()
    await vi.advanceTimersByTimeAsync(0)
  }

  disconnect(): void {
    this.#receive = undefined
  }

  /** Stores a message and sends it live, unless the network loses it. */
  post(seq: number, { lost = false } = {}): void {
    this.stored.push(message(seq))
    if (!lost) this.#receive?.(message(seq))
  }

  deliver(seq: number): void {
    this.#receive?.(message(seq))
  }

  get seqs(): number[] {
    return this.shown.map(({ seq }) => seq)
  }

  #history(query: PageQuery) {
    this.asked.push(query)
    if (this.outage) return Promise.reject(this.outage)
    const { after, limit } = query
    const found = after === undefined ? this.stored : this.stored.filter(({ seq }) => seq > after)
    return Promise.resolve({
      messages: after === undefined ? found.slice(-limit) : found.slice(0, limit),
      hasMore: found.length > limit,
      lastSeq: this.stored.at(-1)?.seq ?? 0,
      lastChangeSeq: 0,
    })
  }
}

const numbers = (from: number, to: number) => run(from, to).map(({ seq }) => seq)

describe('RoomFeed', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('shows the newest page, then live messages', async () => {
    const world = new World()
    world.stored = run(1, 80)
    await world.connect()
    world.post(81)
    expect(world.seqs).toEqual(numbers(31, 81))
  })

  it('shows the newest page before there is a connection, and goes on from it', async () => {
    const world = new World()
    world.stored = run(1, 3)
    await vi.advanceTimersByTimeAsync(0)
    expect(world.seqs).toEqual([1, 2, 3])
    world.post(4, { lost: true })
    await world.connect()
    world.post(5)
    expect(world.seqs).toEqual([1, 2, 3, 4, 5])
    expect(world.asked.map(({ after }) => after)).toEqual([undefined, 3])
  })

  it('fills the gap of a lost connection, in order and once', async () => {
    const world = new World()
    world.stored = run(1, 3)
    await world.connect()
    world.disconnect()
    for (let seq = 4; seq <= 400; seq++) world.post(seq)
    await world.connect()
    world.deliver(400)
    world.post(401)
    expect(world.seqs).toEqual(numbers(1, 401))
  })

  it('merges what arrives live while history is being fetched', async () => {
    const world = new World()
    world.stored = run(1, 3)
    await world.connect()
    world.disconnect()
    world.post(4)
    world.post(5)
    const catchingUp = world.connect()
    world.post(6)
    await catchingUp
    world.deliver(6)
    world.post(7)
    expect(world.seqs).toEqual(numbers(1, 7))
  })

  it('waits half a second for a missing frame before it asks history', async () => {
    const world = new World()
    world.stored = run(1, 3)
    await world.connect()
    world.post(4, { lost: true })
    world.post(5)
    await vi.advanceTimersByTimeAsync(499)
    expect(world.seqs).toEqual([1, 2, 3])
    expect(world.asked).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(world.seqs).toEqual([1, 2, 3, 4, 5])
    expect(world.asked).toHaveLength(2)
  })

  it('does not ask history when the missing frame comes in time', async () => {
    const world = new World()
    world.stored = run(1, 3)
    await world.connect()
    world.deliver(5)
    await vi.advanceTimersByTimeAsync(300)
    world.deliver(4)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(world.seqs).toEqual([1, 2, 3, 4, 5])
    expect(world.asked).toHaveLength(1)
  })

  it('is not put off by a steady stream behind the hole', async () => {
    const world = new World()
    await world.connect()
    world.post(1, { lost: true })
    for (let seq = 2; seq <= 11; seq++) {
      world.post(seq)
      await vi.advanceTimersByTimeAsync(100)
    }
    expect(world.seqs).toEqual(numbers(1, 11))
  })

  it('asks again when history does not answer', async () => {
    const world = new World()
    world.stored = run(1, 3)
    world.outage = new ApiError('UNAVAILABLE', '', 503)
    await world.connect()
    expect(world.seqs).toEqual([])
    world.outage = undefined
    await vi.advanceTimersByTimeAsync(3_000)
    expect(world.seqs).toEqual([1, 2, 3])
  })

  it('starts again from the newest page when it is too far behind', async () => {
    const world = new World()
    world.stored = run(1, 3)
    await world.connect()
    world.disconnect()
    for (let seq = 4; seq <= 1_100; seq++) world.post(seq)
    await world.connect()
    expect(world.seqs).toEqual(numbers(1_051, 1_100))
  })

  it('does not subscribe to a room that is not ours', async () => {
    const world = new World()
    world.refusal = new ApiError('NOT_PARTICIPANT', '', 403)
    await world.connect()
    expect(world.failure?.code).toBe('NOT_PARTICIPANT')
    expect(world.asked).toEqual([])
  })

  it('shows nothing more once stopped', async () => {
    const world = new World()
    await world.connect()
    world.feed.stop()
    world.post(1)
    await world.connect()
    expect(world.seqs).toEqual([])
  })

  it('unsubscribes once, however often it is stopped', async () => {
    const world = new World()
    await world.connect()
    world.feed.stop()
    world.feed.stop()
    expect(world.unsubscribed).toBe(1)
  })
})
