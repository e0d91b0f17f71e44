/** What is known of the open room besides its messages: who is in it, and how far they have read. */
import { computed, ref } from 'vue'
import type { Message, Presence, RoomDetail, RoomEvent } from '../api/model'
import { roomDetail } from '../api/rooms'
import { subscribe } from '../stomp/connection'

export function useRoom(roomId: number, me: number) {
  const room = ref<RoomDetail>()
  /** Who of the members is connected. */
  const online = ref(new Set<number>())
  /** Who of these looks elsewhere. */
  const away = ref(new Set<number>())

  async function refresh(): Promise<void> {
    room.value = await roomDetail(roomId)
  }

  function apply(event: RoomEvent): void {
    const members = room.value?.members
    switch (event.type) {
      case 'READ': {
        const reader = members?.find(({ id }) => id === event.memberId)
        if (reader) reader.lastReadSeq = Math.max(reader.lastReadSeq, event.lastReadSeq)
        break
      }
      case 'MEMBER_ADDED':
      case 'MEMBER_REMOVED':
      case 'ROOM_UPDATED':
        // What cannot be had now comes with the next event or connect.
        refresh().catch(() => {})
        break
    }
  }

  /** Where the others are, nearest to the beginning first. */
  const markers = computed(() =>
    (room.value?.members ?? [])
      .filter(({ id }) => id !== me)
      .map(({ id, lastReadSeq }) => ({ id, lastReadSeq }))
      .sort((a, b) => a.lastReadSeq - b.lastReadSeq),
  )

  /** How many have not read a message: of all members but the reader and who wrote it. */
  function unreadBy(seq: number, senderId: Message['senderId']): number {
    let count = 0
    for (const { id, lastReadSeq } of markers.value) {
      if (lastReadSeq >= seq) break
      if (id !== senderId) count++
    }
    return count
  }

  const follow = () =>
    subscribe<Presence>(`/topic/room/${roomId}/presence`, (presence) => {
      online.value = new Set(presence.online)
      away.value = new Set(presence.away)
    })

  return { room, online, away, refresh, apply, follow, unreadBy }
}
