/** What members do to messages that have been said. */
import { get, request } from './client'
import type { Message } from './model'

export async function editMessage({ id, version }: Message, text: string): Promise<void> {
  await request(`/chat/message/${id}`, { method: 'PATCH', body: { message: text, version } })
}

export async function deleteMessage(id: Message['id']): Promise<void> {
  await request(`/chat/message/${id}`, { method: 'DELETE' })
}

export async function react(id: Message['id'], emoji: string, on: boolean): Promise<void> {
  const path = `/chat/message/${id}/reactions/${encodeURIComponent(emoji)}`
  await request(path, { method: on ? 'PUT' : 'DELETE' })
}

export interface Hit {
  message: Message
  roomName: string
  /** Beginnings and ends of what was searched for, in UTF-16 code units. */
  highlights: [number, number][]
}

/** In the rooms of the reader, the newest first. */
export function searchMessages(q: string): Promise<Hit[]> {
  return get('/chat/search', { q })
}
