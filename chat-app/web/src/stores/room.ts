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

  let asked = 0
  let answered = 0

  async function refresh(): Promise<void> {
    const ask = ++asked
    const fetched = await roomDetail(roomId)
    // Answers may overtake each other.
    if (ask < answered) return
    answered = ask
    const members = fetched.members.map((member) => ({ ...member, lastReadSeq: Math.max(member.lastReadSeq, readBy(member.id)) }))
    room.value = { ...fetched, members }
  }

  /** Somebody may have read further since an answer was given. */
  function readBy(memberId: number): number {
    return room.value?.members.find(({ id }) => id === memberId)?.lastReadSeq ?? 0
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
      case 'MEMBER_UPDATED':
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

  const members = computed(() => new Map(room.value?.members.map((member) => [member.id, member])))

  /** A member as it is now. */
  const memberOf = (id: Message['senderId']) => (id == null ? undefined : members.value.get(id))

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

  return { room, online, away, refresh, apply, follow, memberOf, unreadBy }
}
