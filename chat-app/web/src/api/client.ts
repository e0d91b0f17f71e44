/** Requests in the name of the signed-in member. */
import { freshToken, renew } from './access'
import { ApiError } from './error'
import { type Answer, type Request, call } from './http'

/** Refusals of the token, which another one may mend. */
const TOKEN_REFUSED = ['INVALID_TOKEN', 'TOKEN_EXPIRED', 'SESSION_REVOKED']

/** Sends `options` with the access token; a refused token is renewed once. */
export async function request<T>(path: string, options: Request = {}): Promise<Answer<T>> {
  const token = await freshToken()
  try {
    return await call<T>(path, { ...options, token })
  } catch (cause) {
    if (!TOKEN_REFUSED.includes(ApiError.of(cause).code)) throw cause
    return call<T>(path, { ...options, token: (await renew()).token })
  }
}

export async function get<T>(path: string, query?: Request['query']): Promise<T> {
  return (await request<T>(path, { query })).data
}

export async function post<T>(path: string, options: Omit<Request, 'method'> = {}): Promise<T> {
  return (await request<T>(path, { ...options, method: 'POST' })).data
}
