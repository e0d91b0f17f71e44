/** Files for rooms, and the pictures of members. */
import { request } from './client'
import type { Attachment, Member } from './model'
import { type Transfer, transfer } from './transfer'

/**
 * Brings a file, to be sent in the room within a day.
 *
 * @throws {ApiError} `CANCELLED` when it was aborted
 */
export async function upload(roomId: number, file: File, options: Omit<Transfer, 'form'>): Promise<Attachment> {
  const form = new FormData()
  // First, so that whoever may not is told before the file has been sent.
  form.append('roomId', String(roomId))
  form.append('file', file)
  return decoded(await transfer('POST', '/file', { ...options, form }))
}

export async function setAvatar(picture: File): Promise<Member> {
  const form = new FormData()
  form.append('file', picture)
  return decoded(await transfer('PUT', '/member/me/avatar', { form }))
}

export async function removeAvatar(): Promise<Member> {
  return (await request('delete', '/member/me/avatar')).data
}

async function decoded<T>(answer: Blob): Promise<T> {
  return JSON.parse(await answer.text()) as T
}
