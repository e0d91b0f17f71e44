/** One request to the server and its answer, without any session. */
import { ApiError } from './error'
import type { Answered, Method, Options, PathOf } from './operations'

/** How a request is sent, besides what its operation takes. */
export interface Sending {
  token?: string
  /** How long the answer may take, in milliseconds. */
  timeout?: number
  /** Ask once more when the answer does not come in time; what only reads is asked again anyway. */
  repeat?: boolean
  /** Let it finish, cookies and all, when the page goes away meanwhile. */
  keepalive?: boolean
}

export interface Answer<T> {
  data: T
  headers: Headers
}

interface Request extends Sending {
  path?: Record<string, string | number>
  query?: object
  body?: unknown
}

/** Longer than the server lets anybody wait. */
const TIMEOUT_MS = 15_000

/** The language error messages are asked for; follows the page's. */
const language = () => document.documentElement.lang

/**
 * Sends a request and decodes the JSON answer.
 *
 * @throws {ApiError} when the server refuses or does not answer, `TIMEOUT` when it does not in time
 */
export async function call<M extends Method, P extends PathOf<M>>(
  method: M,
  path: P,
  ...[options]: Options<M, P, Sending>
): Promise<Answer<Answered<M, P>>> {
  const request: Request = options ?? {}
  const ask = () => inTime(request.timeout ?? TIMEOUT_MS, (signal) => exchange(method, path, request, signal))
  const { text, headers } = await ask().catch((cause: unknown) => {
    const error = ApiError.of(cause)
    if (error.code === 'TIMEOUT' && (request.repeat ?? method === 'get')) return ask()
    throw error
  })
  return { data: (text ? JSON.parse(text) : undefined) as Answered<M, P>, headers }
}

async function exchange(method: Method, path: string, request: Request, signal: AbortSignal) {
  const response = await fetch(address(path, request), {
    method: method.toUpperCase(),
    headers: headersOf(request),
    body: JSON.stringify(request.body),
    credentials: 'same-origin',
    keepalive: request.keepalive,
    signal,
  })
  if (!response.ok) throw await ApiError.from(response)
  return { text: await response.text(), headers: response.headers }
}

async function inTime<T>(limit: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const control = new AbortController()
  const timer = setTimeout(() => control.abort(new ApiError('TIMEOUT', '')), limit)
  try {
    return await work(control.signal)
  } catch (cause) {
    throw ApiError.of(control.signal.reason ?? cause)
  } finally {
    clearTimeout(timer)
  }
}

function headersOf({ token, body }: Request): Headers {
  const headers = new Headers({ Accept: 'application/json', 'Accept-Language': language() })
  if (token) headers.set('Authorization', `Bearer ${token}`)
  if (body !== undefined) headers.set('Content-Type', 'application/json')
  return headers
}

function address(path: string, { path: names = {}, query = {} }: Request): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(names[name] ?? ''))
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== '')
  return pairs.length ? `${filled}?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}` : filled
}
