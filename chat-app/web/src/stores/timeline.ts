/** What is shown of one room: a gap-free run of messages that grows at both ends. */
import { onScopeDispose, ref, shallowRef } from 'vue'
import { ApiError } from '../api/error'
import { history } from '../api/history'
import type { Message, RoomDetail } from '../api/model'
import { roomDetail } from '../api/rooms'
import { onConnected, subscribe } from '../stomp/connection'
import { PAGE, RoomFeed } from '../stomp/feed'
import { shown } from './outbox'
import { firstUnread } from './reading'
import { onRoomRemoved } from './rooms'

/** Above this many, the oldest rows go when the reader is at the end anyway. */
const MOST_ROWS = 300
const ROWS_KEPT = 150

/** Follows the room until the calling scope ends. */
export function useTimeline(roomId: number, me: number) {
  const room = ref<RoomDetail>()
  const messages = shallowRef<Message[]>([])
  const ready = ref(false)
  const hasOlder = ref(false)
  const unreadFrom = ref<number>()
  const error = ref<ApiError>()

  async function refreshRoom(): Promise<void> {
    room.value = await roomDetail(roomId)
  }

  const feed = new RoomFeed(
    {
      onConnected,
      subscribe: (receive) => subscribe(`/topic/room/${roomId}`, receive),
      history: (query) => history(roomId, query),
      check: refreshRoom,
    },
    {
      replace(page) {
        unreadFrom.value = firstUnread(roomId, me, page.messages, page.hasMore)
        messages.value = page.messages
        hasOlder.value = page.hasMore
        ready.value = true
        settleOutbox(page.messages)
      },
      append(news) {
        messages.value = [...messages.value, ...news]
        settleOutbox(news)
        if (news.some(({ type }) => type !== 'TALK')) refreshRoom().catch(() => {})
      },
      fail: (refusal) => (error.value = refusal),
    },
  )
  const forget = onRoomRemoved((removed) => {
    if (removed !== roomId) return
    feed.stop()
    error.value = new ApiError('REMOVED', '')
  })
  onScopeDispose(() => {
    forget()
    feed.stop()
  })

  function settleOutbox(news: Message[]): void {
    const ids = new Set(news.flatMap(({ clientMessageId }) => clientMessageId ?? []))
    shown(roomId, news.at(-1)?.seq ?? 0, ids)
  }

  /** Adds the page before the first message; false when it did not come. */
  async function loadOlder(): Promise<boolean> {
    const first = messages.value[0]
    if (!first) return false
    try {
      const page = await history(roomId, { before: first.seq, limit: PAGE })
      // A reload of the newest page may have overtaken this request.
      if (messages.value[0] !== first) return true
      messages.value = [...page.messages, ...messages.value]
      hasOlder.value = page.hasMore
      return true
    } catch {
      return false
    }
  }

  function trim(): void {
    if (messages.value.length <= MOST_ROWS) return
    messages.value = messages.value.slice(-ROWS_KEPT)
    hasOlder.value = true
  }

  return { room, messages, ready, hasOlder, unreadFrom, error, loadOlder, trim }
}
