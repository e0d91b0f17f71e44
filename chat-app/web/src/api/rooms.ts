import { get, post, request } from './client'
import type { MyRoom, Notify, Room, RoomDetail } from './model'
import type { Schemas } from './operations'

export function myRooms(): Promise<MyRoom[]> {
  return get('/chat/my/rooms')
}

/** Group rooms anyone can see, by part of the name. */
export function listRooms(q: string): Promise<Room[]> {
  return get('/chat/room/group/list', { query: { q, limit: 100 } })
}

/** `password` is empty for a room that anyone may join. */
export function createRoom(roomName: string, password: string): Promise<Room> {
  return post('/chat/room/group/create', { body: { roomName, isPrivate: password !== '', password } })
}

export function roomDetail(roomId: number): Promise<RoomDetail> {
  return get('/chat/room/{id}', { path: { id: roomId } })
}

export async function joinRoom(roomId: number, password?: string): Promise<void> {
  await post('/chat/room/group/{id}/join', { path: { id: roomId }, body: { password } })
}

export async function leaveRoom(roomId: number): Promise<void> {
  await request('delete', '/chat/room/group/{id}/leave', { path: { id: roomId } })
}

/** Takes a room of two off one's list until its next message. */
export async function hideRoom(roomId: number): Promise<void> {
  await post('/chat/room/{id}/hide', { path: { id: roomId } })
}

/** The id of the one room of these two, made when there is none yet. */
export function openPrivateRoom(otherMemberId: number): Promise<number> {
  return post('/chat/room/private/create', { query: { otherMemberId } })
}

/** Says that everything up to `seq` has been seen. */
export async function markRead(roomId: number, seq: number): Promise<void> {
  await post('/chat/room/{id}/read', { path: { id: roomId }, body: { seq } })
}

/** What the owner of a room may change; a password of null opens it. */
export type RoomChange = Schemas['RoomPatch']

/** Changes what is given. For the owner. */
export async function changeRoom(roomId: number, change: RoomChange): Promise<void> {
  await request('patch', '/chat/room/{id}', { path: { id: roomId }, body: change })
}

/** What the reader wants to be told of. */
export async function setNotify(roomId: number, level: Notify): Promise<void> {
  await request('put', '/chat/room/{id}/notify', { path: { id: roomId }, body: { level } })
}

export async function deleteRoom(roomId: number): Promise<void> {
  await request('delete', '/chat/room/{id}', { path: { id: roomId } })
}

/** With a ban, the member cannot come back. */
export async function removeMember(roomId: number, memberId: number, ban: boolean): Promise<void> {
  const query = { ban: ban ? 1 : undefined }
  await request('delete', '/chat/room/{id}/members/{member}', { path: { id: roomId, member: memberId }, query })
}

export async function passRoom(roomId: number, memberId: number): Promise<void> {
  await request('put', '/chat/room/{id}/owner', { path: { id: roomId }, body: { memberId } })
}
