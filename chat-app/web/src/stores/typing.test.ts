import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type EffectScope, effectScope } from 'vue'
import type { Typing } from '../api/model'

const said: boolean[] = []
let receive: (typing: Typing) => void = () => {}
vi.mock('../stomp/connection', () => ({
  publish: (_: string, { on }: { on: boolean }) => said.push(on),
  subscribe: (_: string, handler: (typing: Typing) => void) => (receive = handler),
}))

const { useTyping } = await import('./typing')

const ME = 1

describe('useTyping', () => {
  let scope: EffectScope
  let typing: ReturnType<typeof useTyping>

  beforeEach(() => {
    vi.useFakeTimers()
    said.length = 0
    scope = effectScope()
    typing = scope.run(() => useTyping(7, ME))!
    typing.follow()
  })
  afterEach(() => {
    scope.stop()
    vi.useRealTimers()
  })

  it('says every 3 seconds that one writes, and once that one does not', () => {
    typing.wrote('안')
    typing.wrote('안녕')
    vi.advanceTimersByTime(3_000)
    typing.wrote('안녕하')
    typing.wrote('')
    typing.wrote('')
    expect(said).toEqual([true, true, false])
  })

  it('says that one has stopped when the room is closed', () => {
    typing.wrote('안')
    scope.stop()
    expect(said).toEqual([true, false])
  })

  it('shows the others, until they are gone or forgotten', () => {
    receive({ members: [{ id: ME, name: '나' }, { id: 2, name: '도윤' }] })
    expect(typing.writers.value.map(({ name }) => name)).toEqual(['도윤'])
    vi.advanceTimersByTime(6_000)
    expect(typing.writers.value).toEqual([])
  })
})
