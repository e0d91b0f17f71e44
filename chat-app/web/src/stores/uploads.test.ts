import { beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope } from 'vue'
import { ApiError } from '../api/error'
import type { Attachment } from '../api/model'

type Options = { onProgress: (share: number) => void; signal: AbortSignal }
const begun: { file: File; options: Options; arrive: (id: number) => void; fail: (code: string) => void }[] = []
vi.mock('../api/files', () => ({
  upload: (_: number, file: File, options: Options) =>
    new Promise<Attachment>((resolve, reject) =>
      begun.push({
        file,
        options,
        arrive: (id) => resolve({ id } as Attachment),
        fail: (code) => reject(new ApiError(code, code)),
      }),
    ),
}))
const { followLocale } = await import('../i18n')
const { useUploads } = await import('./uploads')
await followLocale()

const file = (name: string, size = 3) => Object.defineProperty(new File(['abc'], name), 'size', { value: size })
const settled = () => new Promise((resolve) => setTimeout(resolve))

describe('uploads', () => {
  let scope = effectScope()
  let files: ReturnType<typeof useUploads>
  beforeEach(() => {
    begun.length = 0
    scope.stop()
    scope = effectScope()
    files = scope.run(() => useUploads(1))!
  })

  it('are taken along by a message when they have arrived', async () => {
    files.add([file('a'), file('b')])
    begun[0]!.options.onProgress(0.5)
    expect(files.uploads.value[0]).toMatchObject({ name: 'a', progress: 0.5 })
    expect(files.busy.value).toBe(true)
    begun.forEach(({ arrive }, index) => arrive(index))
    await settled()
    expect(files.busy.value).toBe(false)
    expect(files.take().map(({ id }) => id)).toEqual([0, 1])
    expect(files.uploads.value).toEqual([])
  })

  it('say why they failed, and stay until they are removed', async () => {
    files.add([file('a')])
    begun[0]!.fail('QUOTA_EXCEEDED')
    await settled()
    expect(files.uploads.value[0]!.problem).toBeTruthy()
    expect(files.take()).toEqual([])
    files.remove(files.uploads.value[0]!.key)
    expect(files.uploads.value).toEqual([])
  })

  it('can be tried again when it was not for the file', async () => {
    files.add([file('a'), file('b')])
    begun[0]!.fail('NETWORK')
    begun[1]!.fail('BAD_IMAGE')
    await settled()
    expect(files.uploads.value[1]!.retry).toBeUndefined()
    files.uploads.value[0]!.retry!()
    expect(files.uploads.value[0]).toMatchObject({ progress: 0, problem: undefined })
    expect(files.busy.value).toBe(true)
    begun[2]!.arrive(7)
    await settled()
    expect(files.take().map(({ id }) => id)).toEqual([7])
  })

  it('are not begun with what is too large, nor with more than ten', () => {
    files.add([file('huge', 26 * 1024 * 1024), ...Array.from({ length: 12 }, (_, index) => file(`${index}`))])
    expect(files.uploads.value).toHaveLength(10)
    expect(begun).toHaveLength(9)
    expect(files.uploads.value[0]!.problem).toBeTruthy()
  })

  it('end when they are removed, or nobody waits for them', () => {
    files.add([file('a'), file('b')])
    files.remove(files.uploads.value[0]!.key)
    expect(begun[0]!.options.signal.aborted).toBe(true)
    scope.stop()
    expect(begun[1]!.options.signal.aborted).toBe(true)
  })
})
