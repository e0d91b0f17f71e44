/** How far the reader has read a room: moves with what is in sight, tells the server. */
import { type Ref, onScopeDispose, watch } from 'vue'
import { markRead } from './rooms'
import type { Run } from './run'
import { usePageVisible } from './visible'

/** Scrolling through history moves the marker often; the server hears of it at most so often. */
const PAUSE_MS = 1_000

/** Tells the server that everything up to `seen` is read, while the page can be seen. */
export function useReading(roomId: number, seen: Readonly<Ref<number>>): void {
  const visible = usePageVisible()
  let pause: ReturnType<typeof setTimeout> | undefined
  let told = 0

  function tell(): void {
    if (pause || !visible.value || seen.value <= told) return
    told = seen.value
    // A marker that did not arrive is moved again with the next message.
    markRead(roomId, told).catch(() => {})
    pause = setTimeout(() => {
      pause = undefined
      tell()
    }, PAUSE_MS)
  }

  watch([seen, visible], tell, { immediate: true })
  onScopeDispose(() => {
    clearTimeout(pause)
    pause = undefined
    tell()
    clearTimeout(pause)
  })
}

/** The first message of another member after the marker; not guessed when it may lie before the run. */
export function firstUnread(read: number, me: number, { messages, hasOlder }: Run): number | undefined {
  if (hasOlder && (messages[0]?.seq ?? 0) > read + 1) return undefined
  return messages.find(({ seq, type, senderId }) => seq > read && type === 'TALK' && senderId !== me)?.seq
}
