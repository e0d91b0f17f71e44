import { get, request } from './client'
import type { Member } from './model'

/** Everyone but oneself, by part of the name. */
export function listMembers(q: string): Promise<Member[]> {
  return get('/member/list', { q, limit: 100 })
}

/** Whom one does not want to hear of. */
export async function blockedMembers(): Promise<Member[]> {
  const ids = await get<number[]>('/member/me/blocks')
  return Promise.all(ids.map((id) => get<Member>(`/member/${id}`)))
}

export async function setBlocked(id: number, blocked: boolean): Promise<void> {
  await request(`/member/${id}/block`, { method: blocked ? 'PUT' : 'DELETE' })
}
