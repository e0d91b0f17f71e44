/** Links that let people into a room. */
import { post } from './client'
import { call } from './http'
import type { MyRoom } from './model'
import type { Schemas } from './operations'

export type Invite = Schemas['Invite']
/** What anyone who has the link may know. */
export type Invitation = Schemas['Invitation']

export function createInvite(id: number): Promise<Invite> {
  return post('/chat/room/{id}/invites', { path: { id } })
}

export async function invitation(code: string): Promise<Invitation> {
  return (await call('get', '/chat/invite/{code}', { path: { code } })).data
}

export function acceptInvite(code: string): Promise<MyRoom> {
  return post('/chat/invite/{code}/accept', { path: { code } })
}

/** The code in a link to this page or another server's. */
export function codeInLink(link: string): string | undefined {
  return /\/join\/([^/?#\s]+)/.exec(link)?.[1]
}
