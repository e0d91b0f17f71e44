/** Links that let people into a room. */
import { post } from './client'
import { call } from './http'
import type { MyRoom } from './model'

export interface Invite {
  code: string
  url: string
}

/** What anyone who has the link may know. */
export interface Invitation {
  roomName: string
  memberCount: number
}

export function createInvite(roomId: number): Promise<Invite> {
  return post(`/chat/room/${roomId}/invites`)
}

export async function invitation(code: string): Promise<Invitation> {
  return (await call<Invitation>(`/chat/invite/${encodeURIComponent(code)}`)).data
}

export function acceptInvite(code: string): Promise<MyRoom> {
  return post(`/chat/invite/${encodeURIComponent(code)}/accept`)
}
