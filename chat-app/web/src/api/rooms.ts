import { get, post, request } from './client'
import type { MyRoom, Room, RoomDetail } from './model'

export function myRooms(): Promise<MyRoom[]> {
  return get('/chat/my/rooms')
}

/** Group rooms anyone can see, by part of the name. */
export function listRooms(q: string): Promise<Room[]> {
  return get('/chat/room/group/list', { q, limit: 100 })
}

/** `password` is empty for a room that anyone may join. */
export function createRoom(roomName: string, password: string): Promise<Room> {
  return post('/chat/room/group/create', { body: { roomName, isPrivate: password !== '', password } })
}

export function roomDetail(roomId: number): Promise<RoomDetail> {
  return get(`/chat/room/${roomId}`)
}

export function joinRoom(roomId: number, password?: string): Promise<void> {
  return post(`/chat/room/group/${roomId}/join`, { body: { password } })
}

export async function leaveRoom(roomId: number): Promise<void> {
  await request(`/chat/room/group/${roomId}/leave`, { method: 'DELETE' })
}

/** Takes a room of two off one's list until its next message. */
export async function hideRoom(roomId: number): Promise<void> {
  await request(`/chat/room/${roomId}/hide`, { method: 'POST' })
}

/** The id of the one room of these two, made when there is none yet. */
export function openPrivateRoom(otherMemberId: number): Promise<number> {
  return post('/chat/room/private/create', { query: { otherMemberId } })
}

/** Says that everything up to `seq` has been seen. */
export function markRead(roomId: number, seq: number): Promise<void> {
  return post(`/chat/room/${roomId}/read`, { body: { seq } })
}

/** Changes what is given; a password of null opens the room. For its owner. */
export async function changeRoom(roomId: number, change: { roomName?: string; password?: string | null }): Promise<void> {
  await request(`/chat/room/${roomId}`, { method: 'PATCH', body: change })
}

export async function deleteRoom(roomId: number): Promise<void> {
  await request(`/chat/room/${roomId}`, { method: 'DELETE' })
}

/** With a ban, the member cannot come back. */
export async function removeMember(roomId: number, memberId: number, ban: boolean): Promise<void> {
  const query = { ban: ban ? 1 : undefined }
  await request(`/chat/room/${roomId}/members/${memberId}`, { method: 'DELETE', query })
}

export async function passRoom(roomId: number, memberId: number): Promise<void> {
  await request(`/chat/room/${roomId}/owner`, { method: 'PUT', body: { memberId } })
}
