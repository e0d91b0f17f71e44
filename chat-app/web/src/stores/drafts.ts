/** What was begun in a room and not sent: survives a reload, and is forgotten on logging out. */
import { type Ref, ref, watch } from 'vue'

const PREFIX = 'draft:'

/** The draft of a member in a room, to read and to write until the calling scope ends. */
export function useDraft(memberId: number, roomId: number): Ref<string> {
  const key = `${PREFIX}${memberId}:${roomId}`
  const text = ref(localStorage.getItem(key) ?? '')
  watch(text, (value) => (value ? localStorage.setItem(key, value) : localStorage.removeItem(key)), { flush: 'sync' })
  return text
}

export function forgetDrafts(): void {
  Object.keys(localStorage)
    .filter((key) => key.startsWith(PREFIX))
    .forEach((key) => localStorage.removeItem(key))
}
