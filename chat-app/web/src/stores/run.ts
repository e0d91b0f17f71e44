/** The part of a room's messages that is in memory: without gaps, bounded, anywhere in the room. */
import type { Page } from '../api/history'
import type { Message } from '../api/model'

export interface Run {
  /** Ascending by seq. */
  messages: Message[]
  hasOlder: boolean
  /** The newest seq of the room, whether the run reaches it or not. */
  newest: number
}

/** With a sender line each, this makes at most 300 rows. */
export const MOST_MESSAGES = 140

export const EMPTY: Run = { messages: [], hasOlder: false, newest: 0 }

/** Whether the room goes on after the run. */
export function hasNewer({ messages, newest }: Run): boolean {
  return (messages.at(-1)?.seq ?? newest) < newest
}

/** A run of its own: the newest page, or one around a message. */
export function startedWith(page: Page, newest: number): Run {
  return { messages: page.messages, hasOlder: page.hasMore, newest: Math.max(newest, page.lastSeq) }
}

/** Grows at the beginning; what is too much goes at the end, out of the reader's sight. */
export function withOlder({ messages, newest }: Run, page: Page): Run {
  return {
    messages: [...page.messages, ...messages].slice(0, MOST_MESSAGES),
    hasOlder: page.hasMore,
    newest: Math.max(newest, page.lastSeq),
  }
}

/** Grows at the end; what is too much goes at the beginning. */
export function withNewer({ messages, hasOlder, newest }: Run, page: Pick<Page, 'messages' | 'lastSeq'>): Run {
  const all = [...messages, ...page.messages]
  return {
    messages: all.slice(-MOST_MESSAGES),
    hasOlder: hasOlder || all.length > MOST_MESSAGES,
    newest: Math.max(newest, page.lastSeq),
  }
}

/**
 * Takes live messages. A reader who is at the end goes along; for one who is
 * not, the run stops growing before the rows in sight would have to go.
 */
export function withLive(run: Run, news: Message[], atEnd: boolean): Run {
  const lastSeq = Math.max(run.newest, news.at(-1)?.seq ?? 0)
  const fits = atEnd || run.messages.length + news.length <= MOST_MESSAGES
  if (hasNewer(run) || !fits) return { ...run, newest: lastSeq }
  return withNewer(run, { messages: news, lastSeq })
}

/** Shows a message as it is now, if it is in the run. */
export function withChanged(run: Run, changed: Message): Run {
  const messages = run.messages.map((message) => (message.id === changed.id ? changed : message))
  return { ...run, messages }
}
