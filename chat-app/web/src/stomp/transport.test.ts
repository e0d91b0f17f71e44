import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Transport } from './transport'

class WebSocketStub {
  constructor(readonly url: string) {}
}
class SockJsStub {
  constructor(readonly url: string) {}
}

describe('Transport', () => {
  const load = vi.fn(() => Promise.resolve(SockJsStub as never))
  let transport: Transport

  beforeEach(() => {
    load.mockReset().mockResolvedValue(SockJsStub as never)
    vi.stubGlobal('WebSocket', WebSocketStub)
    transport = new Transport(load)
  })

  /** One try, and which way it goes. */
  async function kind(): Promise<string> {
    await transport.prepare()
    return transport.open([]) instanceof WebSocketStub ? 'websocket' : 'sockjs'
  }

  async function failing(tries: number): Promise<string[]> {
    const kinds: string[] = []
    while (kinds.length < tries) {
      kinds.push(await kind())
      transport.failed()
    }
    return kinds
  }

  it('does not load SockJS while WebSockets work', async () => {
    expect(await kind()).toBe('websocket')
    transport.succeeded()
    expect(await kind()).toBe('websocket')
    expect(load).not.toHaveBeenCalled()
  })

  it('tries SockJS now and then while nothing works', async () => {
    expect(await failing(6)).toEqual(['websocket', 'websocket', 'sockjs', 'websocket', 'websocket', 'sockjs'])
  })

  it('stays with SockJS when that has worked, until it fails', async () => {
    await failing(2)
    expect(await kind()).toBe('sockjs')
    transport.succeeded()
    expect(await kind()).toBe('sockjs')
    transport.failed()
    expect(await kind()).toBe('websocket')
  })

  it('opens a WebSocket when SockJS cannot be loaded', async () => {
    load.mockRejectedValue(new Error('offline'))
    expect(await failing(3)).toEqual(['websocket', 'websocket', 'websocket'])
  })
})
