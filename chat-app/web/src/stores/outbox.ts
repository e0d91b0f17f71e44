/**
 * Messages on their way to the server.
 *
 *   sending --ack--> sent --shown in the room--> (gone)
 *      |  ^
 *      |  +-- retry, or the connection is back in time
 *      +--refused, or 10 s without an ack--> failed
 *
 * Too fast is no lasting refusal: the server says when to try again, and then
 * it is tried.
 *
 * Every try uses the same clientMessageId, so the server stores one message
 * however often it is sent. What is not sent survives a reload of the tab.
 */
import { computed, ref } from 'vue'
import type { Ack, Attachment, Refusal, Reply } from '../api/model'
import { publish } from '../stomp/connection'

export interface Outgoing {
  clientMessageId: string
  roomId: number
  message: string
  replyTo: Reply | null
  files: Attachment[]
  createdAt: string
  state: 'sending' | 'sent' | 'failed'
  /** Given by the ack. */
  seq?: number
  /** Why it failed; absent when the server just did not answer. */
  code?: string
}

const ACK_TIMEOUT_MS = 10_000
/** Until the next try, if the server does not say how long. */
const USUAL_WAIT_S = 10
/** Unanswered for longer, a message is not sent without being asked for. */
const RESEND_MS = 120_000
const STORAGE = 'outbox'

const entries = ref<Outgoing[]>([])
const timers = new Map<string, ReturnType<typeof setTimeout>>()
let owner = 0

export function outgoing(roomId: number) {
  return computed(() => entries.value.filter((entry) => entry.roomId === roomId))
}

/** What a new message has besides its text. */
export interface Extras {
  replyTo?: Reply | null
  files?: Attachment[]
}

export function send(roomId: number, message: string, { replyTo = null, files = [] }: Extras = {}): void {
  const entry: Outgoing = {
    clientMessageId: newId(),
    roomId,
    message,
    replyTo,
    files,
    createdAt: new Date().toISOString(),
    state: 'sending',
  }
  entries.value.push(entry)
  transmit(entry.clientMessageId)
}

export function retry(clientMessageId: string): void {
  transmit(clientMessageId)
}

export function discard(clientMessageId: string): void {
  settle((entry) => entry.clientMessageId === clientMessageId)
}

/** Takes up what this tab had not sent before a reload. */
export function openOutbox(memberId: number): void {
  owner = memberId
  entries.value = load().map((entry) => ({ ...entry, state: 'failed' as const }))
}

/** Stops waiting; what is unsent stays stored for the same member. */
export function closeOutbox(): void {
  timers.forEach(clearTimeout)
  timers.clear()
  entries.value = []
}

/** Sends again, in order, what got no answer because the connection broke. */
export function resend(): void {
  const oldest = Date.now() - RESEND_MS
  entries.value
    .filter(({ state, code, createdAt }) => state !== 'sent' && !isFinal(code) && Date.parse(createdAt) > oldest)
    .forEach(({ clientMessageId }) => transmit(clientMessageId))
}

export function acknowledge({ clientMessageId, seq }: Ack): void {
  update(clientMessageId, { state: 'sent', seq })
}

export function refuse({ clientMessageId, code, details }: Refusal): void {
  if (!clientMessageId) return
  update(clientMessageId, { state: 'failed', code })
  if (isFinal(code)) return
  const wait = (details?.retryAfter ?? USUAL_WAIT_S) * 1000
  timers.set(clientMessageId, setTimeout(() => transmit(clientMessageId), wait))
}

const isFinal = (code: string | undefined) => code !== undefined && code !== 'RATE_LIMITED'

/** Drops what the room shows by itself now: these ids, and everything acknowledged up to `seq`. */
export function shown(roomId: number, seq: number, ids: Set<string>): void {
  settle(
    (entry) =>
      entry.roomId === roomId && (ids.has(entry.clientMessageId) || (entry.seq !== undefined && entry.seq <= seq)),
  )
}

function transmit(id: string): void {
  const entry = entries.value.find(({ clientMessageId }) => clientMessageId === id)
  if (!entry) return
  update(id, { state: 'sending', code: undefined })
  const { roomId, message, clientMessageId, replyTo, files } = entry
  const fileIds = files.map((file) => file.id)
  publish('/app/chat.sendMessage', { roomId, message, clientMessageId, replyTo: replyTo?.id, fileIds })
  timers.set(id, setTimeout(() => update(id, { state: 'failed' }), ACK_TIMEOUT_MS))
}

function update(id: string, change: Partial<Outgoing>): void {
  clearTimeout(timers.get(id))
  timers.delete(id)
  entries.value = entries.value.map((entry) => (entry.clientMessageId === id ? { ...entry, ...change } : entry))
  save()
}

function settle(done: (entry: Outgoing) => boolean): void {
  const gone = entries.value.filter(done)
  if (!gone.length) return
  for (const { clientMessageId } of gone) {
    clearTimeout(timers.get(clientMessageId))
    timers.delete(clientMessageId)
  }
  entries.value = entries.value.filter((entry) => !gone.includes(entry))
  save()
}

function save(): void {
  const unsent = entries.value.filter(({ state }) => state !== 'sent')
  sessionStorage.setItem(STORAGE, JSON.stringify({ owner, unsent }))
}

function load(): Outgoing[] {
  const kept = JSON.parse(sessionStorage.getItem(STORAGE) ?? '{}') as { owner?: number; unsent?: Outgoing[] }
  return kept.owner === owner ? (kept.unsent ?? []) : []
}

/** crypto.randomUUID exists in secure contexts only, and this may be served by plain http. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
