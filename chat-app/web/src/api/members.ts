import { get } from './client'
import type { Member } from './model'

/** Everyone but oneself, by part of the name. */
export function listMembers(q: string): Promise<Member[]> {
  return get('/member/list', { q, limit: 100 })
}
