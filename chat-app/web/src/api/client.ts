/** Requests in the name of the signed-in member. */
import { freshToken, renew } from './access'
import { ApiError } from './error'
import { type Answer, call } from './http'
import type { Answered, Method, Options, PathOf, Taken } from './operations'

/** Refusals of the token, which another one may mend. */
const TOKEN_REFUSED = ['INVALID_TOKEN', 'TOKEN_EXPIRED', 'SESSION_REVOKED']

/** Sends what the operation takes, authorized. */
export async function request<M extends Method, P extends PathOf<M>>(
  method: M,
  path: P,
  ...[options]: Options<M, P>
): Promise<Answer<Answered<M, P>>> {
  return authorized((token) => call(method, path, { ...options, token } as Taken<M, P> & { token: string }))
}

/** Sends something with the access token; a refused token is renewed once. */
export async function authorized<T>(send: (token: string) => Promise<T>): Promise<T> {
  const token = await freshToken()
  try {
    return await send(token)
  } catch (cause) {
    if (!TOKEN_REFUSED.includes(ApiError.of(cause).code)) throw cause
    return send((await renew()).token)
  }
}

export async function get<P extends PathOf<'get'>>(path: P, ...options: Options<'get', P>): Promise<Answered<'get', P>> {
  return (await request('get', path, ...options)).data
}

export async function post<P extends PathOf<'post'>>(
  path: P,
  ...options: Options<'post', P>
): Promise<Answered<'post', P>> {
  return (await request('post', path, ...options)).data
}
