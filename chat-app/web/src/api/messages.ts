/** What members do to messages that have been said. */
import { get, request } from './client'
import type { Message } from './model'
import type { Schemas } from './operations'

export async function editMessage({ id, version }: Message, text: string): Promise<void> {
  await request('patch', '/chat/message/{id}', { path: { id }, body: { message: text, version } })
}

export async function deleteMessage(id: Message['id']): Promise<void> {
  await request('delete', '/chat/message/{id}', { path: { id } })
}

export async function react(id: Message['id'], emoji: string, on: boolean): Promise<void> {
  await request(on ? 'put' : 'delete', '/chat/message/{id}/reactions/{emoji}', { path: { id, emoji } })
}

/** Tells those who look after the service, with a copy of the message as it is. */
export async function reportMessage(id: Message['id'], reason: string): Promise<void> {
  await request('post', '/chat/message/{id}/report', { path: { id }, body: { reason } })
}

/** `highlights` are beginnings and ends of what was searched for, in UTF-16 code units. */
export type Hit = Schemas['Hit']

/** In the rooms of the reader, the newest first. */
export function searchMessages(q: string): Promise<Hit[]> {
  return get('/chat/search', { query: { q } })
}
