/**
 * Bodies that may take long: files on their way to the server, archives on
 * their way here. There is no limit to how long they take, but they must not
 * stand still.
 */
import { authorized } from './client'
import { ApiError } from './error'

/** Time enough for a line that recovers, and for the server to make a picture anew. */
const STALL_MS = 30_000

export interface Transfer {
  form?: FormData
  /** Of what is sent, from 0 to 1. */
  onProgress?: (share: number) => void
  signal?: AbortSignal
}

/**
 * Sends the form, if there is one, and takes the answer. `fetch` does not say
 * how far it is, so this is the older way.
 *
 * @throws {ApiError} `TIMEOUT` when nothing moved, `CANCELLED` when it was aborted
 */
export function transfer(method: 'GET' | 'POST' | 'PUT', path: string, options: Transfer = {}): Promise<Blob> {
  return authorized((token) => once(method, path, token, options))
}

async function once(method: string, path: string, token: string, { form, onProgress, signal }: Transfer): Promise<Blob> {
  const xhr = new XMLHttpRequest()
  xhr.open(method, path)
  xhr.responseType = 'blob'
  xhr.setRequestHeader('Authorization', `Bearer ${token}`)
  xhr.setRequestHeader('Accept-Language', document.documentElement.lang)
  const cancel = () => xhr.abort()
  signal?.addEventListener('abort', cancel)
  const watch = new Stall(cancel)
  try {
    await new Promise<void>((resolve, reject) => {
      xhr.upload.onprogress = ({ loaded, total }) => {
        watch.moved()
        onProgress?.(loaded / total)
      }
      xhr.onprogress = () => watch.moved()
      xhr.onload = () => resolve()
      xhr.onerror = () => reject(new ApiError('NETWORK', ''))
      xhr.onabort = () => reject(new ApiError(watch.stalled ? 'TIMEOUT' : 'CANCELLED', ''))
      if (signal?.aborted) reject(new ApiError('CANCELLED', ''))
      else xhr.send(form)
    })
  } finally {
    watch.end()
    signal?.removeEventListener('abort', cancel)
  }
  if (xhr.status >= 300) throw await ApiError.from(responseOf(xhr))
  return xhr.response as Blob
}

/** Ends what has not moved for a while. */
class Stall {
  stalled = false
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #end: () => void

  constructor(end: () => void) {
    this.#end = end
    this.moved()
  }

  moved(): void {
    this.end()
    this.#timer = setTimeout(() => {
      this.stalled = true
      this.#end()
    }, STALL_MS)
  }

  end(): void {
    clearTimeout(this.#timer)
  }
}

function responseOf(xhr: XMLHttpRequest): Response {
  const { response, status, statusText } = xhr
  return new Response(response as Blob, { status, statusText, headers: { 'Retry-After': xhr.getResponseHeader('Retry-After') ?? '' } })
}
