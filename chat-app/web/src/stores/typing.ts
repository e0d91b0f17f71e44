/** Who is writing, and saying that one writes oneself. */
import { computed, onScopeDispose, shallowRef } from 'vue'
import type { Typing } from '../api/model'
import { publish, subscribe } from '../stomp/connection'

/** The server forgets who does not say it again within 6 seconds. */
const REPEAT_MS = 3_000
const LASTS_MS = 6_000

export function useTyping(roomId: number, me: number) {
  const members = shallowRef<Typing['members']>([])
  let saidAt = 0
  let forgetting: ReturnType<typeof setTimeout> | undefined

  function receive(typing: Typing): void {
    members.value = typing.members
    // The word that nobody writes any more may get lost with the connection.
    clearTimeout(forgetting)
    forgetting = setTimeout(() => (members.value = []), LASTS_MS)
  }

  /** To be called with each change of the text. */
  function wrote(text: string): void {
    const on = text !== ''
    if (on && Date.now() - saidAt < REPEAT_MS) return
    if (!on && !saidAt) return
    saidAt = on ? Date.now() : 0
    publish('/app/chat.typing', { roomId, on })
  }

  onScopeDispose(() => {
    clearTimeout(forgetting)
    wrote('')
  })

  return {
    follow: () => subscribe<Typing>(`/topic/room/${roomId}/typing`, receive),
    writers: computed(() => members.value.filter(({ id }) => id !== me)),
    wrote,
  }
}
