/** One request to the server and its answer, without any session. */
import { ApiError } from './error'

export interface Request {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  query?: Record<string, string | number | undefined>
  body?: unknown
  token?: string
  /** Let it finish, cookies and all, when the page goes away meanwhile. */
  keepalive?: boolean
}

export interface Answer<T> {
  data: T
  headers: Headers
}

/** The language error messages are asked for; follows the page's. */
const language = () => document.documentElement.lang

/**
 * Sends a request and decodes the JSON answer.
 *
 * @throws {ApiError} when the server refuses or does not answer
 */
export async function call<T>(path: string, request: Request = {}): Promise<Answer<T>> {
  const headers = new Headers({ Accept: 'application/json', 'Accept-Language': language() })
  if (request.token) headers.set('Authorization', `Bearer ${request.token}`)
  // A form says itself what it is.
  const isForm = request.body instanceof FormData
  if (request.body !== undefined && !isForm) headers.set('Content-Type', 'application/json')

  const response = await fetch(path + queryString(request.query), {
    method: request.method ?? 'GET',
    headers,
    body: request.body instanceof FormData ? request.body : JSON.stringify(request.body),
    credentials: 'same-origin',
    keepalive: request.keepalive,
  }).catch((cause: unknown) => {
    throw ApiError.of(cause)
  })
  if (!response.ok) throw await ApiError.from(response)

  const text = await response.text()
  return { data: (text ? JSON.parse(text) : undefined) as T, headers: response.headers }
}

function queryString(query: Request['query'] = {}): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== '')
  return pairs.length ? `?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}` : ''
}
