/** Looking after the service; for administrators. */
import type { Page } from '../stores/pages'
import { get, post, request } from './client'
import type { Answer } from './http'
import type { Schemas } from './operations'

export type Stats = Schemas['Stats']
export type User = Schemas['AdminMember']
export type AdminRoom = Schemas['AdminRoom']
export type Report = Schemas['Report']
export type ReportState = Schemas['ReportState']
export const REPORT_STATES: readonly ReportState[] = ['OPEN', 'RESOLVED']
export type AuditEntry = Schemas['AuditEntry']
export type Settings = Schemas['Settings']

export const stats = () => get('/admin/api/stats')

/** Members in the order of their ids, by part of the name or the e-mail address. */
export function listUsers(q: string, last?: User): Promise<Page<User>> {
  return paged(request('get', '/admin/api/users', { query: { q, after: last?.id } }))
}

export async function banUser(id: number, banned: boolean): Promise<void> {
  await post(banned ? '/admin/api/users/{id}/ban' : '/admin/api/users/{id}/unban', { path: { id } })
}

export async function setRole(id: number, role: User['role']): Promise<void> {
  await post('/admin/api/users/{id}/role', { path: { id }, body: { role } })
}

export async function logOutUser(id: number): Promise<void> {
  await post('/admin/api/users/{id}/logout', { path: { id } })
}

/** All rooms in the order of their ids, by part of the name. */
export function listAllRooms(q: string, last?: AdminRoom): Promise<Page<AdminRoom>> {
  return paged(request('get', '/admin/api/rooms', { query: { q, after: last?.roomId } }))
}

/** With all that is in it; of group rooms only. */
export async function deleteAnyRoom(id: number): Promise<void> {
  await request('delete', '/admin/api/rooms/{id}', { path: { id } })
}

export async function deleteAnyMessage(id: number): Promise<void> {
  await request('delete', '/admin/api/messages/{id}', { path: { id } })
}

/** What members reported, the newest first. */
export function listReports(state: ReportState, last?: Report): Promise<Page<Report>> {
  return paged(request('get', '/admin/api/reports', { query: { state, before: last?.id } }))
}

export async function resolveReport(id: number): Promise<void> {
  await post('/admin/api/reports/{id}/resolve', { path: { id } })
}

/** What administrators did, the newest first. */
export function auditLog(last?: AuditEntry): Promise<Page<AuditEntry>> {
  return paged(request('get', '/admin/api/audit', { query: { before: last?.id } }))
}

export const settings = () => get('/admin/api/settings')

export async function changeSettings(change: Partial<Settings>): Promise<Settings> {
  return (await request('patch', '/admin/api/settings', { body: change })).data
}

async function paged<T>(answer: Promise<Answer<T[]>>): Promise<Page<T>> {
  const { data, headers } = await answer
  return { items: data, hasMore: headers.get('X-Has-More') === 'true' }
}
