/**
 * What happens to the messages of a room after they were said: each change
 * once, in spite of broken connections and answers that overtake each other.
 *
 * A change comes with the message as it is now, so that of two changes to a
 * message the one with the greater number is the truth.
 */
import type { Change, Message } from '../api/model'

type Fetch = (after: number) => Promise<{ changes: Change[]; hasMore: boolean }>

export class ChangeLog {
  readonly #fetch: Fetch
  readonly #apply: (message: Message) => void
  /** Everything up to it has been applied, or is being fetched; undefined before the first page. */
  #last: number | undefined
  /** The last change of each message, also of those that are still to come. */
  readonly #applied = new Map<Message['id'], Change>()

  constructor(fetch: Fetch, apply: (message: Message) => void) {
    this.#fetch = fetch
    this.#apply = apply
  }

  /** Takes a change as it happens. */
  receive(change: Change): void {
    const missed = this.#last !== undefined && change.changeSeq > this.#last + 1 ? this.#last : undefined
    this.#take(change)
    if (missed !== undefined) void this.#catchUp(missed)
  }

  /** A page of messages shows the changes up to `seq`; the ones between it and what is known are fetched. */
  reached(seq: number): void {
    const before = this.#last ?? seq
    this.#last = Math.max(before, seq)
    if (seq !== before) void this.#catchUp(Math.min(seq, before))
  }

  /** A message that was overtaken by a change of it, as it is now. */
  latest(message: Message): Message {
    return this.#applied.get(message.id)?.message ?? message
  }

  /** A failure is made good by the next page or change, which finds the same hole. */
  async #catchUp(after: number): Promise<void> {
    try {
      const { changes, hasMore } = await this.#fetch(after)
      changes.forEach((change) => this.#take(change))
      const end = changes.at(-1)
      if (hasMore && end) await this.#catchUp(end.changeSeq)
    } catch {
      this.#last = Math.min(this.#last ?? after, after)
    }
  }

  #take(change: Change): void {
    const { changeSeq, message } = change
    this.#last = Math.max(this.#last ?? 0, changeSeq)
    if ((this.#applied.get(message.id)?.changeSeq ?? 0) > changeSeq) return
    this.#applied.set(message.id, change)
    this.#apply(message)
  }
}
