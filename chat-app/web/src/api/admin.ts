/** Looking after the service; for administrators. */
import { get, post, request } from './client'
import type { Schemas } from './operations'

export type Stats = Schemas['Stats']
export type User = Schemas['AdminMember']
export type AuditEntry = Schemas['AuditEntry']
export type Settings = Schemas['Settings']

export const stats = () => get('/admin/api/stats')

export const listUsers = (q: string) => get('/admin/api/users', { query: { q, limit: 100 } })

export async function banUser(id: number, banned: boolean): Promise<void> {
  await post(banned ? '/admin/api/users/{id}/ban' : '/admin/api/users/{id}/unban', { path: { id } })
}

export async function setRole(id: number, role: User['role']): Promise<void> {
  await post('/admin/api/users/{id}/role', { path: { id }, body: { role } })
}

export async function logOutUser(id: number): Promise<void> {
  await post('/admin/api/users/{id}/logout', { path: { id } })
}

/** What administrators did before an entry, the newest first. */
export async function auditLog(before?: number): Promise<{ entries: AuditEntry[]; hasMore: boolean }> {
  const { data, headers } = await request('get', '/admin/api/audit', { query: { before } })
  return { entries: data, hasMore: headers.get('X-Has-More') === 'true' }
}

export const settings = () => get('/admin/api/settings')

export async function changeSettings(change: Partial<Settings>): Promise<Settings> {
  return (await request('patch', '/admin/api/settings', { body: change })).data
}
