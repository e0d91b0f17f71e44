import { get, post, request } from './client'
import type { MyRoom, Room, RoomDetail } from './model'

export function myRooms(): Promise<MyRoom[]> {
  return get('/chat/my/rooms')
}

/** Group rooms anyone can see, by part of the name. */
export function listRooms(q: string): Promise<Room[]> {
  return get('/chat/room/group/list', { q, limit: 100 })
}

export function createRoom(roomName: string): Promise<Room> {
  return post('/chat/room/group/create', { body: { roomName } })
}

export function roomDetail(roomId: number): Promise<RoomDetail> {
  return get(`/chat/room/${roomId}`)
}

export function joinRoom(roomId: number): Promise<void> {
  return post(`/chat/room/group/${roomId}/join`)
}

export async function leaveRoom(roomId: number): Promise<void> {
  await request(`/chat/room/group/${roomId}/leave`, { method: 'DELETE' })
}

/** The id of the one room of these two, made when there is none yet. */
export function openPrivateRoom(otherMemberId: number): Promise<number> {
  return post('/chat/room/private/create', { query: { otherMemberId } })
}

/** Says that everything up to `seq` has been seen. */
export function markRead(roomId: number, seq: number): Promise<void> {
  return post(`/chat/room/${roomId}/read`, { body: { seq } })
}
