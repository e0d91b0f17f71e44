/** What runs while somebody is signed in: the connection and everything that listens on it. */
import { watch } from 'vue'
import type { Ack, Refusal, RoomUpdate } from '../api/model'
import { connect, disconnect, onConnected, publish, subscribe } from '../stomp/connection'
import { type Notice, notify } from './notices'
import { acknowledge, closeOutbox, openOutbox, refuse, resend } from './outbox'
import { applyRoomUpdate, forgetRooms, loadRooms } from './rooms'
import { me } from './session'

export function followSession(): void {
  onConnected(() => void listen())
  onConnected(tellVisibility)
  document.addEventListener('visibilitychange', tellVisibility)
  watch(
    () => me.value?.id,
    (id) => (id === undefined ? stop() : start(id)),
    { immediate: true },
  )
}

function start(memberId: number): void {
  openOutbox(memberId)
  connect()
  // The list need not wait for the socket; a failure shows in the connection banner.
  loadRooms().catch(() => {})
}

function stop(): void {
  void disconnect()
  closeOutbox()
  forgetRooms()
}

/** While no page of a member is to be seen, its devices are told of messages by push. */
function tellVisibility(): void {
  publish('/app/session.visible', { visible: !document.hidden })
}

/** Acks are listened to before anything is sent again, updates before the list is fetched. */
async function listen(): Promise<void> {
  await Promise.all([
    subscribe<Ack>('/user/queue/acks', acknowledge).confirmed,
    subscribe<Refusal>('/user/queue/errors', refuse).confirmed,
    subscribe<RoomUpdate>('/user/queue/rooms', applyRoomUpdate).confirmed,
    subscribe<Notice>('/user/queue/notifications', notify).confirmed,
  ])
  resend()
  await loadRooms().catch(() => {})
}
