/** What the server says of itself to anyone, and how its first administrator is made. */
import { call } from './http'
import type { Schemas } from './operations'

export type Registration = Schemas['Registration']
export const REGISTRATIONS: readonly Registration[] = ['open', 'invite', 'closed']

export type Site = Schemas['Info']

export async function siteInfo(): Promise<Site> {
  return (await call('get', '/info')).data
}

export async function setUp(administrator: Schemas['SetUp']): Promise<void> {
  await call('post', '/admin/api/setup', { body: administrator })
}
