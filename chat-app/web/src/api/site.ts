/** What the server says of itself to anyone, and how its first administrator is made. */
import { call } from './http'

export const REGISTRATIONS = ['open', 'closed'] as const
export type Registration = (typeof REGISTRATIONS)[number]

export interface Site {
  siteName: string
  registrationMode: Registration
  guests: boolean
  /** There is no administrator yet. */
  setupRequired: boolean
}

export async function siteInfo(): Promise<Site> {
  return (await call<Site>('/info')).data
}

export interface Administrator {
  /** From the server's log. */
  code: string
  name: string
  email: string
  password: string
}

export async function setUp(administrator: Administrator): Promise<void> {
  await call('/admin/api/setup', { method: 'POST', body: administrator })
}
