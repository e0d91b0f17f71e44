/**
 * The way to the server: a WebSocket, or SockJS where something in between
 * lets no WebSocket through. SockJS is loaded only then.
 */
import type { IStompSocket } from '@stomp/stompjs'

export const ENDPOINT = '/ws-connect'

/** So many WebSockets in a row that led nowhere make one try by SockJS. */
const TRIES = 2

type SockJs = new (url: string, protocols: undefined, options: { transports: string[] }) => IStompSocket

export class Transport {
  readonly #load: () => Promise<SockJs>
  #failures = 0
  #sockJs: SockJs | undefined
  /** SockJS has worked where WebSockets had not. */
  #prefersSockJs = false

  constructor(load: () => Promise<SockJs> = loadSockJs) {
    this.#load = load
  }

  /** Before each try; a server that is away cannot send SockJS either, so then it is a WebSocket again. */
  async prepare(): Promise<void> {
    const turn = this.#prefersSockJs || this.#failures % (TRIES + 1) === TRIES
    this.#sockJs = turn ? await this.#load().catch(() => undefined) : undefined
  }

  open(protocols: string[]): IStompSocket {
    if (this.#sockJs) {
      return new this.#sockJs(ENDPOINT, undefined, { transports: ['websocket', 'xhr-streaming', 'xhr-polling'] })
    }
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
    return new WebSocket(`${scheme}://${location.host}${ENDPOINT}`, protocols) as IStompSocket
  }

  succeeded(): void {
    this.#failures = 0
    this.#prefersSockJs = this.#sockJs !== undefined
  }

  /** The socket closed before the server had accepted the session. */
  failed(): void {
    this.#failures++
    this.#prefersSockJs = false
  }
}

async function loadSockJs(): Promise<SockJs> {
  const { default: sockJs } = await import('sockjs-client/dist/sockjs.min.js')
  return sockJs as unknown as SockJs
}
