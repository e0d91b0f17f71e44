import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { call } from './http'

const fetched = vi.fn<(path: string, init: RequestInit) => Promise<Response>>()

/** Of a server that says nothing. */
const silence = (_: string, { signal }: RequestInit) =>
  new Promise<Response>((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason as Error)))

describe('call', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    vi.stubGlobal('fetch', fetched.mockReset())
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  it('asks once more for what only reads, when the answer does not come', async () => {
    fetched.mockImplementationOnce(silence).mockResolvedValueOnce(new Response('{"siteName":"maru"}'))
    const answer = call('get', '/info')
    await vi.advanceTimersByTimeAsync(15_000)
    expect((await answer).data).toMatchObject({ siteName: 'maru' })
  })

  it('does not wait for ever', async () => {
    fetched.mockImplementation(silence)
    const answer = expect(call('get', '/info')).rejects.toMatchObject({ code: 'TIMEOUT' })
    await vi.advanceTimersByTimeAsync(30_000)
    await answer
    expect(fetched).toHaveBeenCalledTimes(2)
  })

  it('does not do a thing twice that may have been done', async () => {
    fetched.mockImplementation(silence)
    const answer = expect(call('post', '/auth/guest', { body: {} })).rejects.toMatchObject({ code: 'TIMEOUT' })
    await vi.advanceTimersByTimeAsync(15_000)
    await answer
    expect(fetched).toHaveBeenCalledTimes(1)
  })

  it('counts the body as part of the answer', async () => {
    fetched.mockImplementation((_, { signal }) =>
      Promise.resolve(
        new Response(new ReadableStream({ start: (body) => signal!.addEventListener('abort', () => body.error(signal!.reason)) })),
      ),
    )
    const answer = expect(call('post', '/auth/guest', { body: {} })).rejects.toMatchObject({ code: 'TIMEOUT' })
    await vi.advanceTimersByTimeAsync(15_000)
    await answer
  })

  it('leaves no timer behind', async () => {
    fetched.mockResolvedValueOnce(new Response('{}'))
    await call('get', '/info')
    expect(vi.getTimerCount()).toBe(0)
  })
})
