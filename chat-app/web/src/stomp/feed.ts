/**
 * Follows one room without losing or repeating a message, whatever happens to
 * the connection. Until there is one, the newest page is shown.
 *
 * After every (re)connect: check that the room is still ours, subscribe, let
 * live frames wait in the sequence, fetch what history has after the last one
 * shown, go on live. A live frame that leaves a hole gets half a second for
 * the missing ones to arrive; then history is asked.
 */
import { ApiError } from '../api/error'
import type { Page, PageQuery } from '../api/history'
import type { Message } from '../api/model'
import { Sequence } from './sequence'
import type { Subscription } from './connection'

const HOLE_MS = 500
const RETRY_MS = 3_000
const CATCH_UP_PAGE = 200
/** Behind by more than this, the reader starts again from the newest page. */
const LONGEST_CATCH_UP = 1_000

export const PAGE = 50

export interface FeedSource {
  onConnected(handler: () => void): () => void
  subscribe(receive: (message: Message) => void): Subscription
  history(query: PageQuery): Promise<Page>
  /** Rejects when the room is gone or not ours; a refused subscription would cost the connection. */
  check(): Promise<void>
}

export interface FeedTarget {
  /** Show only this page from now on. */
  replace(page: Page): void
  append(messages: Message[]): void
  /** Nothing more will come: the server refuses. */
  fail(error: ApiError): void
}

export class RoomFeed {
  readonly #source: FeedSource
  readonly #target: FeedTarget
  readonly #sequence = new Sequence<Message>()
  readonly #forget: () => void
  #subscription: Subscription | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Counts connects, so that what began on an older socket stops. */
  #round = 0
  #filling = false

  constructor(source: FeedSource, target: FeedTarget) {
    this.#source = source
    this.#target = target
    this.#forget = source.onConnected(() => void this.#begin())
    if (this.#round === 0) void this.#preview()
  }

  stop(): void {
    this.#round++
    this.#forget()
    this.#subscription?.end()
    this.#subscription = undefined
    this.#unschedule()
  }

  /** There is something to read before there is a connection. */
  async #preview(): Promise<void> {
    try {
      await this.#source.check()
      if (this.#round === 0) await this.#startFromNewest(0)
    } catch (cause) {
      if (this.#round === 0) this.#recover(ApiError.of(cause), () => void this.#preview())
    }
  }

  async #begin(): Promise<void> {
    const round = ++this.#round
    this.#filling = false
    this.#unschedule()
    try {
      await this.#source.check()
      if (round !== this.#round) return
      this.#subscription = this.#source.subscribe((message) => this.#live(message))
      await this.#subscription.confirmed
      if (round === this.#round) await this.#catchUp(round)
    } catch (cause) {
      if (round === this.#round) this.#recover(ApiError.of(cause), () => void this.#begin())
    }
  }

  #live(message: Message): void {
    this.#show(this.#sequence.accept(message))
    if (!this.#filling) this.#watchHole()
  }

  #watchHole(): void {
    const round = this.#round
    if (this.#sequence.newestHeld !== undefined) this.#schedule(HOLE_MS, () => void this.#fillHole(round))
  }

  async #fillHole(round: number): Promise<void> {
    // The missing frames may have come in the meantime.
    if (round !== this.#round || this.#sequence.newestHeld === undefined) return
    try {
      await this.#catchUp(round)
    } catch (cause) {
      if (round === this.#round) this.#recover(ApiError.of(cause), () => void this.#fillHole(round))
    }
  }

  async #catchUp(round: number): Promise<void> {
    this.#filling = true
    try {
      const { last } = this.#sequence
      await (last === undefined ? this.#startFromNewest(round) : this.#fetchAfter(last, round))
    } finally {
      if (round === this.#round) this.#filling = false
    }
    if (round === this.#round) this.#watchHole()
  }

  async #fetchAfter(last: number, round: number): Promise<void> {
    const { newestHeld } = this.#sequence
    let after = last
    let page: Page
    do {
      page = await this.#source.history({ after, limit: CATCH_UP_PAGE })
      if (round !== this.#round) return
      if (page.lastSeq - last > LONGEST_CATCH_UP) return this.#startFromNewest(round)
      this.#show(this.#sequence.fill(page.messages))
      after = this.#sequence.last ?? after
    } while (page.hasMore)
    if (newestHeld !== undefined) this.#show(this.#sequence.skipTo(newestHeld))
  }

  async #startFromNewest(round: number): Promise<void> {
    const page = await this.#source.history({ limit: PAGE })
    if (round !== this.#round) return
    this.#sequence.reset()
    const following = this.#sequence.fill(page.messages).slice(page.messages.length)
    this.#target.replace(page)
    this.#show(following)
  }

  #show(messages: Message[]): void {
    if (messages.length) this.#target.append(messages)
  }

  /** A refusal is final; anything else is tried again. */
  #recover(error: ApiError, again: () => void): void {
    if (error.status >= 400 && error.status < 500 && error.status !== 429) this.#target.fail(error)
    else this.#schedule(RETRY_MS, again)
  }

  /** One task at a time waits; what comes later does not put it off. */
  #schedule(delay: number, task: () => void): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      task()
    }, delay)
  }

  #unschedule(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
