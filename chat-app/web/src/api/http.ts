/** One request to the server and its answer, without any session. */
import { ApiError } from './error'
import type { Answered, Method, Options, PathOf } from './operations'

/** How a request is sent, besides what its operation takes. */
export interface Sending {
  token?: string
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

/** The language error messages are asked for; follows the page's. */
const language = () => document.documentElement.lang

/**
 * Sends a request and decodes the JSON answer.
 *
 * @throws {ApiError} when the server refuses or does not answer
 */
export async function call<M extends Method, P extends PathOf<M>>(
  method: M,
  path: P,
  ...[options]: Options<M, P, Sending>
): Promise<Answer<Answered<M, P>>> {
  const request: Request = options ?? {}
  const response = await fetch(address(path, request), {
    method: method.toUpperCase(),
    headers: headersOf(request),
    body: request.body instanceof FormData ? request.body : JSON.stringify(request.body),
    credentials: 'same-origin',
    keepalive: request.keepalive,
  }).catch((cause: unknown) => {
    throw ApiError.of(cause)
  })
  if (!response.ok) throw await ApiError.from(response)

  const text = await response.text()
  return { data: (text ? JSON.parse(text) : undefined) as Answered<M, P>, headers: response.headers }
}

function headersOf({ token, body }: Request): Headers {
  const headers = new Headers({ Accept: 'application/json', 'Accept-Language': language() })
  if (token) headers.set('Authorization', `Bearer ${token}`)
  // A form says itself what it is.
  if (body !== undefined && !(body instanceof FormData)) headers.set('Content-Type', 'application/json')
  return headers
}

function address(path: string, { path: names = {}, query = {} }: Request): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(names[name] ?? ''))
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== '')
  return pairs.length ? `${filled}?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}` : filled
}
