/** Files for rooms, and the pictures of members. */
import { freshToken } from './access'
import { request } from './client'
import { ApiError } from './error'
import type { Attachment, Member } from './model'

export interface UploadOptions {
  /** From 0 to 1. */
  onProgress: (share: number) => void
  signal: AbortSignal
}

/**
 * Brings a file, to be sent in the room within a day. `fetch` does not say how far it is, so this is the older way.
 *
 * @throws {ApiError} `CANCELLED` when it was aborted
 */
export async function upload(roomId: number, file: File, { onProgress, signal }: UploadOptions): Promise<Attachment> {
  const form = new FormData()
  // First, so that whoever may not is told before the file has been sent.
  form.append('roomId', String(roomId))
  form.append('file', file)
  const token = await freshToken()
  const xhr = new XMLHttpRequest()
  signal.addEventListener('abort', () => xhr.abort())
  xhr.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total)
  return new Promise((resolve, reject) => {
    xhr.onload = () => settle(xhr).then(resolve, reject)
    xhr.onerror = () => reject(new ApiError('NETWORK', ''))
    xhr.onabort = () => reject(new ApiError('CANCELLED', ''))
    xhr.open('POST', '/file')
    xhr.setRequestHeader('Authorization', `Bearer ${token}`)
    xhr.setRequestHeader('Accept-Language', document.documentElement.lang)
    if (signal.aborted) reject(new ApiError('CANCELLED', ''))
    else xhr.send(form)
  })
}

async function settle({ status, responseText }: XMLHttpRequest): Promise<Attachment> {
  if (status !== 201) throw await ApiError.from(new Response(responseText, { status }))
  return JSON.parse(responseText) as Attachment
}

export async function setAvatar(picture: File): Promise<Member> {
  const form = new FormData()
  form.append('file', picture)
  return (await request('put', '/member/me/avatar', { body: form })).data
}

export async function removeAvatar(): Promise<Member> {
  return (await request('delete', '/member/me/avatar')).data
}
