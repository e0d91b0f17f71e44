/**
 * The access token: kept in memory only, renewed from the HttpOnly refresh
 * cookie shortly before it runs out or when the server refuses it.
 */
import { ApiError } from './error'
import { call } from './http'
import type { Schemas } from './operations'

/** `expiresIn` is in seconds from now. */
export type Grant = Schemas['Access']

/** Renew this long before the end, so that no request is caught by it; of a short life, the last third. */
const MARGIN_MS = 30_000

/** A cookie that was used is good for once more within ten seconds: time for a second try, if the first got no answer. */
const RENEWAL_MS = 4_000

/** When a renewal began; left behind by a page that went away in the middle of it. */
const RENEWING_SINCE = 'renewing-since'
/** By then a renewal that was left behind has its answer, and the browser the next cookie. */
const LONGEST_RENEWAL_MS = 1_500

let current: { token: string; renewAt: number; memberId: number } | undefined
let renewal: Promise<Grant> | undefined
let timer: ReturnType<typeof setTimeout> | undefined
let onLost: () => void = () => {}
let onKept: (token: string) => void = () => {}

/** Calls `handler` when the server has ended the session. */
export function whenSessionLost(handler: () => void): void {
  onLost = handler
}

/** Calls `handler` with each new token: a connection that began with another one ends with it. */
export function whenTokenKept(handler: (token: string) => void): void {
  onKept = handler
}

export function keep({ token, expiresIn, member }: Grant): void {
  const wait = expiresIn * 1000 - Math.min(MARGIN_MS, (expiresIn * 1000) / 3)
  current = { token, renewAt: Date.now() + wait, memberId: member.id }
  clearTimeout(timer)
  // Without an answer, whoever needs the token next asks again.
  timer = setTimeout(() => void renew().catch(() => {}), wait)
  onKept(token)
}

export function forget(): void {
  current = undefined
  clearTimeout(timer)
}

/** A token that is good for some seconds more, renewed when it has to be. */
export async function freshToken(): Promise<string> {
  if (current && Date.now() < current.renewAt) return current.token
  return (await renew()).token
}

/**
 * Trades the refresh cookie for a new token. Callers at the same time share one request.
 *
 * @throws {ApiError} status 401 when there is no session any more
 */
export function renew(): Promise<Grant> {
  renewal ??= exclusively(requestGrant).finally(() => (renewal = undefined))
  return renewal
}

async function requestGrant(): Promise<Grant> {
  await leftBehind()
  localStorage.setItem(RENEWING_SINCE, String(Date.now()))
  try {
    const { data } = await call('post', '/auth/refresh', { keepalive: true, timeout: RENEWAL_MS, repeat: true })
    // Another tab has signed in as somebody else, and the cookie is theirs now.
    if (current && current.memberId !== data.member.id) location.reload()
    keep(data)
    return data
  } catch (cause) {
    if (ApiError.of(cause).status === 401) {
      forget()
      onLost()
    }
    throw cause
  } finally {
    localStorage.removeItem(RENEWING_SINCE)
  }
}

/** Waits for a renewal that a reload has cut off; sending the cookie it has used would end the session. */
async function leftBehind(): Promise<void> {
  const end = Number(localStorage.getItem(RENEWING_SINCE)) + LONGEST_RENEWAL_MS
  const wait = Math.min(end - Date.now(), LONGEST_RENEWAL_MS)
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
}

/**
 * Tabs share the cookie, and each refresh token is good for one use: two tabs
 * that used the same one would look like a theft and end the session.
 */
function exclusively<T>(task: () => Promise<T>): Promise<T> {
  // Absent on plain http other than localhost.
  return navigator.locks ? navigator.locks.request('auth-refresh', task) : task()
}
