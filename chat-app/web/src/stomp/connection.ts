/**
 * The one STOMP connection of the page: opened while somebody is signed in and
 * opened again, with growing pauses, whenever it breaks.
 *
 * Subscriptions end with the socket. Whoever needs one makes it in a handler
 * given to `onConnected`, which runs after every (re)connect.
 */
import { Client, type IMessage, ReconnectionTimeMode, Versions } from '@stomp/stompjs'
import { readonly, ref } from 'vue'
import { freshToken, renew, whenTokenKept } from '../api/access'
import { ApiError } from '../api/error'
import { Transport } from './transport'

export type Status = 'idle' | 'connecting' | 'online' | 'offline'

export interface Subscription {
  /** Resolves when the server has confirmed it; never, if the socket breaks before. */
  confirmed: Promise<void>
  end(): void
}

const FIRST_RETRY_MS = 400
const LONGEST_RETRY_MS = 15_000
const CONNECT_TIMEOUT_MS = 10_000

const status = ref<Status>('idle')
const handlers = new Set<() => void>()
let receipts = 0
let refused = false
/** The server has accepted the present socket. */
let accepted = false
const transport = new Transport()

const client = new Client({
  webSocketFactory: () => transport.open(Versions.default.protocolVersions()),
  heartbeatIncoming: 10_000,
  heartbeatOutgoing: 10_000,
  connectionTimeout: CONNECT_TIMEOUT_MS,
  reconnectTimeMode: ReconnectionTimeMode.EXPONENTIAL,
  maxReconnectDelay: LONGEST_RETRY_MS,
  beforeConnect: prepare,
  onConnect: () => {
    refused = false
    accepted = true
    transport.succeeded()
    status.value = 'online'
    handlers.forEach((handler) => handler())
  },
  onStompError: () => (refused = !client.connected),
  onWebSocketClose: () => {
    if (!accepted && !refused && navigator.onLine) transport.failed()
    accepted = false
    if (status.value !== 'idle') status.value = waiting()
  },
})

export const connectionStatus = readonly(status)

export function connect(): void {
  status.value = waiting()
  // Not all clients of a restarted server come back in the same moment.
  client.reconnectDelay = FIRST_RETRY_MS * (1 + Math.random())
  client.activate()
}

export async function disconnect(): Promise<void> {
  status.value = 'idle'
  await client.deactivate({ force: true })
}

/** Calls `handler` now, if connected, and after each connect until the returned function is called. */
export function onConnected(handler: () => void): () => void {
  handlers.add(handler)
  if (client.connected) handler()
  return () => handlers.delete(handler)
}

/** Subscribes for the life of this socket to what is JSON; what the broker itself refuses is told in plain text. */
export function subscribe<T>(destination: string, receive: (body: T) => void): Subscription {
  const receipt = `subscribed-${++receipts}`
  const confirmed = new Promise<void>((resolve) => client.watchForReceipt(receipt, () => resolve()))
  const onFrame = ({ body, headers }: IMessage) => {
    if (headers['content-type']?.startsWith('application/json')) receive(JSON.parse(body) as T)
  }
  const { id } = client.subscribe(destination, onFrame, { receipt })
  const socket = client.webSocket
  return {
    confirmed,
    end: () => {
      if (client.connected && client.webSocket === socket) client.unsubscribe(id)
    },
  }
}

/** Subscriptions that begin and end as one. */
export function together(...parts: Subscription[]): Subscription {
  return {
    confirmed: Promise.all(parts.map(({ confirmed }) => confirmed)).then(() => {}),
    end: () => parts.forEach((part) => part.end()),
  }
}

/** Sends JSON; false when there is no connection to send it on. */
export function publish(destination: string, body: unknown): boolean {
  if (!client.connected) return false
  client.publish({
    destination,
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  })
  return true
}

async function prepare(): Promise<void> {
  await Promise.all([authorize(), transport.prepare()])
}

/** A refused CONNECT is tried again with a new token, in case the old one was the reason. */
async function authorize(): Promise<void> {
  try {
    const token = refused ? (await renew()).token : await freshToken()
    client.connectHeaders = { Authorization: `Bearer ${token}` }
  } catch (cause) {
    // Without a session there is nothing to connect for; without a network the socket fails too and is retried.
    if (ApiError.of(cause).status === 401) await disconnect()
  }
}

function waiting(): Status {
  return navigator.onLine ? 'connecting' : 'offline'
}

// The server ends a connection with the token that it began with, or was renewed by.
whenTokenKept((token) => void publish('/app/session.renew', { token }))

async function retryAtOnce(): Promise<void> {
  if (status.value === 'idle' || client.connected) return
  await disconnect()
  connect()
}

window.addEventListener('online', () => void retryAtOnce())
window.addEventListener('offline', () => {
  if (status.value === 'connecting') status.value = 'offline'
})
