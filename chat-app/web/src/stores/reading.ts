/** How far the reader has read a room: moves with what is in sight, tells the server. */
import { type Ref, computed, ref, watch } from 'vue'
import type { Message } from '../api/model'
import { markRead, roomById } from './rooms'
import { usePageVisible } from './visible'

export function useReading(roomId: number, me: number, messages: Ref<Message[]>, atEnd: Ref<boolean>) {
  const visible = usePageVisible()
  const seen = ref(0)
  const foreign = ({ type, senderId }: Message) => type === 'TALK' && senderId !== me

  const lastSeq = computed(() => messages.value.at(-1)?.seq ?? 0)
  const unseen = computed(() => messages.value.filter((message) => message.seq > seen.value && foreign(message)).length)

  watch(
    [lastSeq, atEnd, visible],
    ([last, end, canSee]) => {
      if (!last || !end || !canSee) return
      seen.value = last
      // A marker that did not arrive is moved again with the next message.
      markRead(roomId, last).catch(() => {})
    },
    { immediate: true },
  )

  return { unseen }
}

/** The first message that was unread when the room was opened, if the newest page has it. */
export function firstUnread(roomId: number, me: number, messages: Message[], hasOlder: boolean): number | undefined {
  const read = roomById(roomId)?.lastReadSeq
  const oldest = messages[0]?.seq ?? 0
  if (read === undefined || (hasOlder && oldest > read + 1)) return undefined
  return messages.find(({ seq, type, senderId }) => seq > read && type === 'TALK' && senderId !== me)?.seq
}
