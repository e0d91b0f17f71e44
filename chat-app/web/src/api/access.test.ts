import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const fetched = vi.fn<(path: string, init: RequestInit) => Promise<Response>>()
const answer = (status: number, body: unknown) => Promise.resolve(new Response(JSON.stringify(body), { status }))
const grant = (token: string, expiresIn = 900) => ({ token, expiresIn, member: { id: 1, name: '하늘', tag: 'ABC123' } })

const authorization = (call: number) => new Headers(fetched.mock.calls[call]?.[1].headers).get('Authorization')
const paths = () => fetched.mock.calls.map(([path]) => path)

describe('access', () => {
  let access: typeof import('./access')
  let client: typeof import('./client')

  beforeEach(async () => {
    vi.resetModules()
    localStorage.clear()
    vi.stubGlobal('fetch', fetched.mockReset())
    vi.stubGlobal('navigator', { ...navigator, locks: undefined })
    access = await import('./access')
    client = await import('./client')
  })
  afterEach(() => void vi.unstubAllGlobals())

  it('sends the token it has', async () => {
    access.keep(grant('one') as never)
    fetched.mockReturnValueOnce(answer(200, []))
    await client.get('/chat/my/rooms')
    expect(authorization(0)).toBe('Bearer one')
  })

  it('renews a token that is about to expire, once for all who ask', async () => {
    access.keep(grant('old', 0) as never)
    fetched.mockReturnValueOnce(answer(200, grant('new')))
    expect(await Promise.all([access.freshToken(), access.freshToken()])).toEqual(['new', 'new'])
    expect(paths()).toEqual(['/auth/refresh'])
  })

  it('renews a token before it expires, and says so to the connection', async () => {
    vi.useFakeTimers()
    const kept = vi.fn()
    access.whenTokenKept(kept)
    access.keep(grant('one', 900) as never)
    fetched.mockReturnValueOnce(answer(200, grant('two', 6)))
    await vi.advanceTimersByTimeAsync(869_999)
    expect(fetched).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    // Of six seconds, the last two.
    fetched.mockReturnValueOnce(answer(200, grant('three')))
    await vi.advanceTimersByTimeAsync(4_000)
    expect(kept.mock.calls).toEqual([['one'], ['two'], ['three']])
    access.forget()
    vi.useRealTimers()
  })

  it('renews a refused token and repeats the request', async () => {
    access.keep(grant('old') as never)
    fetched
      .mockReturnValueOnce(answer(401, { code: 'TOKEN_EXPIRED' }))
      .mockReturnValueOnce(answer(200, grant('new')))
      .mockReturnValueOnce(answer(200, [1]))
    expect(await client.get('/chat/my/rooms')).toEqual([1])
    expect(authorization(2)).toBe('Bearer new')
  })

  it('says that the session is lost when it cannot be renewed', async () => {
    const lost = vi.fn()
    access.whenSessionLost(lost)
    fetched.mockReturnValueOnce(answer(401, { code: 'SESSION_REVOKED', message: 'revoked' }))
    await expect(access.freshToken()).rejects.toMatchObject({ code: 'SESSION_REVOKED', status: 401 })
    expect(lost).toHaveBeenCalledOnce()
  })

  it('waits for a renewal that a reload has cut off', async () => {
    vi.useFakeTimers()
    fetched.mockReturnValueOnce(new Promise(() => {})).mockReturnValueOnce(answer(200, grant('new')))
    void access.renew()
    await vi.advanceTimersByTimeAsync(500)
    vi.resetModules()
    const reloaded = await import('./access')
    const token = reloaded.freshToken()
    await vi.advanceTimersByTimeAsync(900)
    expect(fetched).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(100)
    expect(await token).toBe('new')
    vi.useRealTimers()
  })

  it('keeps the session when the server does not answer', async () => {
    const lost = vi.fn()
    access.whenSessionLost(lost)
    fetched.mockRejectedValueOnce(new TypeError('Failed to fetch'))
    await expect(access.freshToken()).rejects.toMatchObject({ code: 'NETWORK' })
    expect(lost).not.toHaveBeenCalled()
  })
})
