import { get, request } from './client'
import type { Member } from './model'

/** Everyone but oneself, by part of the name. */
export function listMembers(q: string): Promise<Member[]> {
  return get('/member/list', { query: { q, limit: 100 } })
}

/** Whom one does not want to hear of. */
export async function blockedMembers(): Promise<Member[]> {
  const ids = await get('/member/me/blocks')
  return Promise.all(ids.map((id) => get('/member/{id}', { path: { id } })))
}

export async function setBlocked(id: number, blocked: boolean): Promise<void> {
  await request(blocked ? 'put' : 'delete', '/member/{id}/block', { path: { id } })
}

/** Tells those who look after the service. */
export async function reportMember(id: number, reason: string): Promise<void> {
  await request('post', '/member/{id}/report', { path: { id }, body: { reason } })
}
