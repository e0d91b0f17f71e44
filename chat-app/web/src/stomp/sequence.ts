/**
 * Puts the messages of one room in order, each once.
 *
 * Live frames may come twice or too early: a repeated one is dropped, an early
 * one is held back until the hole before it is filled. History is the truth:
 * what it leaves out does not exist.
 */
export class Sequence<T extends { seq: number }> {
  #last: number | undefined
  readonly #held = new Map<number, T>()

  /** The seq everything up to which has been released; undefined before the first page. */
  get last(): number | undefined {
    return this.#last
  }

  /** The newest frame waiting for a hole to be filled, if there is one. */
  get newestHeld(): number | undefined {
    return this.#held.size ? Math.max(...this.#held.keys()) : undefined
  }

  /** Takes a live frame; answers what can be shown now. */
  accept(message: T): T[] {
    if (this.#last !== undefined && message.seq <= this.#last) return []
    this.#held.set(message.seq, message)
    return this.#release()
  }

  /** Takes a page of history, ascending; answers what is new of it and what it frees. */
  fill(page: T[]): T[] {
    const news = page.filter(({ seq }) => seq > (this.#last ?? -1))
    this.#advance(news.at(-1)?.seq ?? this.#last ?? 0)
    return [...news, ...this.#release()]
  }

  /** Gives up on holes below `seq`, after history has shown there is nothing in them. */
  skipTo(seq: number): T[] {
    const found = [...this.#held.values()].filter((held) => held.seq <= seq).sort((a, b) => a.seq - b.seq)
    this.#advance(seq)
    return [...found, ...this.#release()]
  }

  /** Starts over: what was released counts no more, what is held stays. */
  reset(): void {
    this.#last = undefined
  }

  #advance(seq: number): void {
    this.#last = Math.max(seq, this.#last ?? seq)
    for (const held of this.#held.keys()) if (held <= this.#last) this.#held.delete(held)
  }

  #release(): T[] {
    const ready: T[] = []
    while (this.#last !== undefined) {
      const next = this.#held.get(this.#last + 1)
      if (!next) break
      this.#held.delete(next.seq)
      this.#last = next.seq
      ready.push(next)
    }
    return ready
  }
}
