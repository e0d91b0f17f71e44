/** What the reader is told of that happens in a room not on the screen. */
import { readonly, ref } from 'vue'

export interface Notice {
  kind: 'MENTION' | 'REPLY' | 'DM'
  roomId: number
  messageId: number
  /** Who said it. */
  title: string
  body: string
}

const LASTS_MS = 7_000
/** More at once nobody reads. */
const MOST = 3

const shown = ref<Notice[]>([])
export const notices = readonly(shown)

export function notify(notice: Notice): void {
  shown.value = [...shown.value.filter(({ messageId }) => messageId !== notice.messageId), notice].slice(-MOST)
  setTimeout(() => dismiss(notice.messageId), LASTS_MS)
}

export function dismiss(messageId: number): void {
  shown.value = shown.value.filter((notice) => notice.messageId !== messageId)
}
