/** Where the member is logged in. */
import { get, request } from './client'

export interface Session {
  id: number
  userAgent: string | null
  ip: string | null
  /** When it was last refreshed. */
  lastUsedAt: string
  /** It is the one that asks. */
  current: boolean
}

export function listSessions(): Promise<Session[]> {
  return get('/auth/sessions')
}

export async function endSession(id: Session['id']): Promise<void> {
  await request(`/auth/sessions/${id}`, { method: 'DELETE' })
}
