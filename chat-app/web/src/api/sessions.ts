/** Where the member is logged in. */
import { get, request } from './client'
import type { Schemas } from './operations'

export type Session = Schemas['Session']

export function listSessions(): Promise<Session[]> {
  return get('/auth/sessions')
}

export async function endSession(id: Session['id']): Promise<void> {
  await request('delete', '/auth/sessions/{id}', { path: { id } })
}
