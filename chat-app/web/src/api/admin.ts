/** Looking after the service; for administrators. */
import { get, request } from './client'
import type { Member } from './model'
import type { Registration } from './site'

export interface Stats {
  users: number
  guests: number
  rooms: number
  messages: number
  connections: number
}

export interface User extends Member {
  role: 'USER' | 'ADMIN'
  email: string | null
  status: 'ACTIVE' | 'BANNED' | 'DELETED'
  createdAt: string
}

export interface AuditEntry {
  id: number
  actorId: number | null
  action: string
  target: string | null
  ip: string | null
  createdAt: string
}

export interface Settings {
  siteName: string
  registrationMode: Registration
  guests: boolean
}

export const stats = () => get<Stats>('/admin/api/stats')

export const listUsers = (q: string) => get<User[]>('/admin/api/users', { q, limit: 100 })

export async function banUser(id: number, banned: boolean): Promise<void> {
  await request(`/admin/api/users/${id}/${banned ? 'ban' : 'unban'}`, { method: 'POST' })
}

export async function setRole(id: number, role: User['role']): Promise<void> {
  await request(`/admin/api/users/${id}/role`, { method: 'POST', body: { role } })
}

export async function logOutUser(id: number): Promise<void> {
  await request(`/admin/api/users/${id}/logout`, { method: 'POST' })
}

/** What administrators did before an entry, the newest first. */
export async function auditLog(before?: number): Promise<{ entries: AuditEntry[]; hasMore: boolean }> {
  const { data, headers } = await request<AuditEntry[]>('/admin/api/audit', { query: { before } })
  return { entries: data, hasMore: headers.get('X-Has-More') === 'true' }
}

export const settings = () => get<Settings>('/admin/api/settings')

export async function changeSettings(change: Partial<Settings>): Promise<Settings> {
  return (await request<Settings>('/admin/api/settings', { method: 'PATCH', body: change })).data
}
