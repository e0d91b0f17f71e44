/** The reader's own rooms, newest first, kept up to date by the server. */
import { computed, ref, shallowRef } from 'vue'
import * as api from '../api/rooms'
import type { MyRoom, Notify, RoomUpdate } from '../api/model'

const all = shallowRef<MyRoom[]>([])
/** Loads on their way, and what arrived by the connection meanwhile. */
const running = new Set<{ number: number; overtaking: RoomUpdate[] }>()
let loadsBegun = 0
let newestLoad = 0
const removalListeners = new Set<(roomId: number) => void>()

/** False until the list has come once. */
export const roomsLoaded = ref(false)
export const rooms = computed(() =>
  [...all.value].sort((a, b) => recency(b).localeCompare(recency(a)) || b.roomId - a.roomId),
)
export const unreadTotal = computed(() => all.value.reduce((sum, room) => sum + room.unReadCount, 0))

/**
 * Fetches the list. It may be older than updates that overtook it on the
 * connection, so those are applied again on top.
 */
export async function loadRooms(): Promise<void> {
  const load = { number: ++loadsBegun, overtaking: [] as RoomUpdate[] }
  running.add(load)
  try {
    const fetched = await api.myRooms()
    if (load.number < newestLoad) return
    newestLoad = load.number
    all.value = fetched.map(keepMarker)
    roomsLoaded.value = true
    load.overtaking.forEach(apply)
  } finally {
    running.delete(load)
  }
}

export function applyRoomUpdate(update: RoomUpdate): void {
  running.forEach(({ overtaking }) => overtaking.push(update))
  apply(update)
}

function apply({ type, room }: RoomUpdate): void {
  const others = all.value.filter(({ roomId }) => roomId !== room.roomId)
  if (type === 'UPSERT') {
    all.value = [...others, keepMarker(room)]
  } else {
    all.value = others
    removalListeners.forEach((listener) => listener(room.roomId))
  }
}

/** Calls `listener` when a room stops being ours, until the returned function is called. */
export function onRoomRemoved(listener: (roomId: number) => void): () => void {
  removalListeners.add(listener)
  return () => removalListeners.delete(listener)
}

export function forgetRooms(): void {
  all.value = []
  roomsLoaded.value = false
}

export function roomById(roomId: number): MyRoom | undefined {
  return all.value.find((room) => room.roomId === roomId)
}

/** Moves the read marker; a badge that is to go does not wait for the server. */
export async function markRead(roomId: number, seq: number): Promise<void> {
  const room = roomById(roomId)
  if (room && room.lastReadSeq >= seq) return
  if (room) apply({ type: 'UPSERT', room: { ...room, lastReadSeq: seq } })
  await api.markRead(roomId, seq)
}

/** Shows at once what the reader wants to be told of; takes it back when the server does not. */
export async function setNotify(roomId: number, level: Notify): Promise<void> {
  const show = (notify?: Notify) => {
    const room = roomById(roomId)
    if (room && notify) apply({ type: 'UPSERT', room: { ...room, notify } })
  }
  const before = roomById(roomId)?.notify
  show(level)
  try {
    await api.setNotify(roomId, level)
  } catch (cause) {
    show(before)
    throw cause
  }
}

/** What the server says may be older than what has been read here since. */
function keepMarker(room: MyRoom): MyRoom {
  const read = Math.max(room.lastReadSeq, roomById(room.roomId)?.lastReadSeq ?? 0)
  return { ...room, lastReadSeq: read, unReadCount: read >= room.lastSeq ? 0 : room.unReadCount }
}

function recency(room: MyRoom): string {
  return room.lastMessageAt
}
