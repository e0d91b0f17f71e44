/** What is shown of one room: a run of its messages that follows the reader and the room. */
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { ApiError } from '../api/error'
import { type Page, type PageQuery, changesAfter, history } from '../api/history'
import type { Message, RoomEvent } from '../api/model'
import { type Subscription, onConnected, subscribe, together } from '../stomp/connection'
import { PAGE, RoomFeed } from '../stomp/feed'
import { ChangeLog } from './changes'
import { shown } from './outbox'
import { firstUnread } from './reading'
import { onRoomRemoved } from './rooms'
import { EMPTY, type Run, hasNewer, startedWith, withChanged, withLive, withNewer, withOlder } from './run'

export interface TimelineOptions {
  roomId: number
  /** Whose unread messages count. */
  me: number
  /** Open here instead of at the first unread message. */
  startAt?: number
  /** Called before each (re)connect; rejects when the room is gone or not ours. */
  check: () => Promise<void>
  /** How far it was read, asked once the check has passed. */
  lastRead: () => number
  /** Hears what happens in the room besides messages and their changes. */
  onEvent: (event: RoomEvent) => void
  /** What else is to be subscribed to with the room. */
  alongside: () => Subscription[]
}

/** Follows the room until the calling scope ends. */
export function useTimeline({ roomId, me, startAt, check, lastRead, onEvent, alongside }: TimelineOptions) {
  const run = shallowRef(EMPTY)
  const ready = ref(false)
  /** The reader looks at the newest message; the list says so. */
  const atEnd = ref(false)
  /** What others wrote since the reader left the end. */
  const unseen = ref(0)
  /** The first message that was unread when the room was opened. */
  const unreadFrom = ref<number>()
  const isForeign = ({ type, senderId }: Message) => type === 'TALK' && senderId !== me
  const error = ref<ApiError>()

  const changes = new ChangeLog(
    (after) => changesAfter(roomId, after),
    (message) => (run.value = withChanged(run.value, message)),
  )

  function receiveEvent(event: RoomEvent): void {
    if ('changeSeq' in event) changes.receive(event)
    else onEvent(event)
  }

  /** What has happened to the messages since the page was read comes after it. */
  async function fetchPage(query: PageQuery): Promise<Page> {
    const page = await history(roomId, query)
    queueMicrotask(() => changes.reached(page.lastChangeSeq))
    return page
  }

  const feed = new RoomFeed(
    {
      onConnected,
      subscribe: (receive) =>
        together(
          subscribe<Message>(`/topic/room/${roomId}`, receive),
          subscribe<RoomEvent>(`/topic/room/${roomId}/events`, receiveEvent),
          ...alongside(),
        ),
      history: fetchPage,
      check,
    },
    {
      replace(page) {
        settleOutbox(page.messages)
        if (!ready.value) void open(startedWith(page, 0))
        else if (atEnd.value) run.value = startedWith(page, 0)
        // After a long absence, a reader in the middle of history stays there.
        else run.value = { ...run.value, newest: page.lastSeq }
      },
      append(news) {
        settleOutbox(news)
        run.value = withLive(run.value, news.map((message) => changes.latest(message)), atEnd.value)
        if (ready.value && !atEnd.value) unseen.value += news.filter(isForeign).length
      },
      fail: (refusal) => (error.value = refusal),
    },
  )
  watch(atEnd, (isAtEnd) => isAtEnd && (unseen.value = 0))
  const forget = onRoomRemoved((removed) => {
    if (removed !== roomId) return
    feed.stop()
    error.value = new ApiError('REMOVED', '')
  })
  onScopeDispose(() => {
    forget()
    feed.stop()
  })

  /** Shows the newest page, or where the reader wants to begin or has stopped reading. */
  async function open(newest: Run): Promise<void> {
    run.value = newest
    const from = startAt ?? lastRead() + 1
    if (from < (newest.messages[0]?.seq ?? 0)) await moveTo({ around: from })
    unreadFrom.value = firstUnread(lastRead(), me, run.value)
    ready.value = true
  }

  function settleOutbox(news: Message[]): void {
    const ids = new Set(news.flatMap(({ clientMessageId }) => clientMessageId ?? []))
    shown(roomId, news.at(-1)?.seq ?? 0, ids)
  }

  /** Replaces the run; false when the answer did not come. */
  async function moveTo(place: { around?: number }): Promise<boolean> {
    try {
      const page = await fetchPage({ ...place, limit: PAGE })
      run.value = startedWith(page, run.value.newest)
      return true
    } catch {
      return false
    }
  }

  /** Adds the page next to an edge of the run; false when it did not come. */
  async function grow(query: PageQuery, merge: typeof withOlder): Promise<boolean> {
    const [first, last] = [run.value.messages[0], run.value.messages.at(-1)]
    try {
      const page = await fetchPage(query)
      // A move elsewhere, or a live message, may have overtaken this request.
      const edge = query.before === undefined ? run.value.messages.at(-1) === last : run.value.messages[0] === first
      if (edge) run.value = merge(run.value, page)
      return true
    } catch {
      return false
    }
  }

  const messages = computed(() => run.value.messages)
  const edge = (index: number) => messages.value.at(index)?.seq

  return {
    messages,
    ready,
    atEnd,
    unseen,
    unreadFrom,
    error,
    hasOlder: computed(() => run.value.hasOlder),
    hasNewer: computed(() => hasNewer(run.value)),
    loadOlder: () => grow({ before: edge(0), limit: PAGE }, withOlder),
    loadNewer: () => grow({ after: edge(-1), limit: PAGE }, withNewer),
    /** Brings the newest messages, if they are not there. */
    toNewest: async () => void (hasNewer(run.value) && (await moveTo({}))),
    /** Brings the message of this seq with those around it; false when that failed. */
    toMessage: async (seq: number) => messages.value.some((held) => held.seq === seq) || moveTo({ around: seq }),
  }
}
