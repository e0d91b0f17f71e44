import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

vi.mock('./client', () => ({ authorized: <T>(send: (token: string) => Promise<T>) => send('a token') }))
const { transfer } = await import('./transfer')

/** A line in the hands of the test. */
class Line {
  static last: Line
  upload: { onprogress?: (at: { loaded: number; total: number }) => void } = {}
  onload = () => {}
  onabort = () => {}
  status = 0
  response = new Blob()
  open = vi.fn()
  send = vi.fn()
  setRequestHeader = vi.fn()
  getResponseHeader = () => null
  abort = () => this.onabort()

  constructor() {
    Line.last = this
  }

  answer(status: number, body: string): void {
    Object.assign(this, { status, response: new Blob([body]) })
    this.onload()
  }
}

describe('transfer', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    vi.stubGlobal('XMLHttpRequest', Line)
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  it('may take long while it moves', async () => {
    const onProgress = vi.fn()
    const sent = transfer('POST', '/file', { form: new FormData(), onProgress })
    for (let loaded = 1; loaded <= 9; loaded++) {
      await vi.advanceTimersByTimeAsync(29_000)
      Line.last.upload.onprogress!({ loaded, total: 9 })
    }
    Line.last.answer(201, '{}')
    expect(await (await sent).text()).toBe('{}')
    expect(onProgress).toHaveBeenLastCalledWith(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ends when it stands still', async () => {
    const sent = expect(transfer('POST', '/file', { form: new FormData() })).rejects.toMatchObject({ code: 'TIMEOUT' })
    await vi.advanceTimersByTimeAsync(30_000)
    await sent
  })

  it('ends when it is cancelled', async () => {
    const cancel = new AbortController()
    const sent = expect(transfer('GET', '/member/me/export', { signal: cancel.signal })).rejects.toMatchObject({ code: 'CANCELLED' })
    await vi.advanceTimersByTimeAsync(0)
    cancel.abort()
    await sent
  })

  it('says why it was refused', async () => {
    const sent = expect(transfer('POST', '/file', {})).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED', status: 409 })
    await vi.advanceTimersByTimeAsync(0)
    Line.last.answer(409, '{"code":"QUOTA_EXCEEDED","message":"full"}')
    await sent
  })
})
