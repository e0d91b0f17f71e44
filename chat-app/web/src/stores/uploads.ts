/** Files on their way to a room, until a message takes them along. */
import { computed, onScopeDispose, ref } from 'vue'
import { ApiError } from '../api/error'
import { upload } from '../api/files'
import type { Attachment } from '../api/model'
import { explain } from '../i18n'

/** In one message, at most. */
const MOST = 10
const LARGEST = 25 * 1024 * 1024
/** Refusals that have nothing to do with the file. */
const PASSING = ['NETWORK', 'TIMEOUT', 'UNAVAILABLE', 'RATE_LIMITED']

export interface Upload {
  key: number
  name: string
  /** Of a picture, to be shown at once. */
  preview?: string
  /** From 0 to 1. */
  progress: number
  /** Why it failed, or will not be tried. */
  problem?: string
  /** Tries again what the line has lost. */
  retry?: () => void
  /** What the server has made of it. */
  attachment?: Attachment
  abort: () => void
}

let keys = 0

export function useUploads(roomId: number) {
  const uploads = ref<Upload[]>([])

  function add(files: Iterable<File>): void {
    for (const file of files) if (uploads.value.length < MOST) begin(file)
  }

  function begin(file: File): void {
    const key = ++keys
    const cancel = new AbortController()
    const preview = file.type.startsWith('image/') ? URL.createObjectURL(file) : undefined
    uploads.value.push({ key, name: file.name, preview, progress: 0, abort: () => cancel.abort() })
    if (file.size > LARGEST) return update(key, { problem: explain(new ApiError('PAYLOAD_TOO_LARGE', '')) })
    void bring(key, file, cancel.signal)
  }

  async function bring(key: number, file: File, signal: AbortSignal): Promise<void> {
    update(key, { progress: 0, problem: undefined, retry: undefined })
    try {
      const attachment = await upload(roomId, file, { onProgress: (progress) => update(key, { progress }), signal })
      update(key, { attachment, progress: 1 })
    } catch (cause) {
      const retry = PASSING.includes(ApiError.of(cause).code) ? () => void bring(key, file, signal) : undefined
      update(key, { problem: explain(cause), retry })
    }
  }

  function update(key: number, change: Partial<Upload>): void {
    const found = uploads.value.find((one) => one.key === key)
    if (found) Object.assign(found, change)
  }

  /** Takes one away, on its way or not. */
  function remove(key: number): void {
    uploads.value.filter((one) => one.key === key).forEach(dispose)
    uploads.value = uploads.value.filter((one) => one.key !== key)
  }

  /** What has arrived, for a message; whatever failed stays. */
  function take(): Attachment[] {
    const taken = uploads.value.filter(({ attachment }) => attachment)
    taken.forEach(({ key }) => remove(key))
    return taken.flatMap(({ attachment }) => attachment ?? [])
  }

  onScopeDispose(() => uploads.value.forEach(dispose))

  return {
    uploads,
    /** Something is still on its way. */
    busy: computed(() => uploads.value.some(({ attachment, problem }) => !attachment && !problem)),
    arrived: computed(() => uploads.value.some(({ attachment }) => attachment)),
    add,
    remove,
    take,
  }
}

function dispose({ preview, abort }: Upload): void {
  abort()
  if (preview) URL.revokeObjectURL(preview)
}
