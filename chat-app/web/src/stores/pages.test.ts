import { effectScope, nextTick } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Page, usePages } from './pages'

const scope = effectScope()

function pagesOf(find: (query: string, last?: number) => Promise<Page<number>>) {
  return scope.run(() => usePages(find))!
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('pages', () => {
  it('go on after the last item', async () => {
    const find = vi.fn(async (_: string, last = 0) => ({ items: [last + 1, last + 2], hasMore: last < 2 }))
    const { items, hasMore, loadMore } = pagesOf(find)
    await vi.advanceTimersByTimeAsync(0)
    expect([items.value, hasMore.value]).toEqual([[1, 2], true])
    await loadMore()
    expect([items.value, hasMore.value]).toEqual([[1, 2, 3, 4], false])
  })

  it('begin anew with another query, asked once for all that was typed', async () => {
    const find = vi.fn(async (query: string) => ({ items: [query.length], hasMore: false }))
    const { query, items } = pagesOf(find)
    for (const typed of ['a', 'ab', 'abc ']) {
      query.value = typed
      await nextTick()
    }
    await vi.advanceTimersByTimeAsync(1_000)
    expect(find.mock.calls).toEqual([['', undefined], ['abc', undefined]])
    expect(items.value).toEqual([3])
  })

  it('do not fall back to what was asked before', async () => {
    const answers: ((page: Page<number>) => void)[] = []
    const { items, reload } = pagesOf(() => new Promise((resolve) => answers.push(resolve)))
    const again = reload()
    answers[1]!({ items: [2], hasMore: false })
    answers[0]!({ items: [1], hasMore: true })
    await again
    expect(items.value).toEqual([2])
  })

  it('keep what they have when the next one cannot be had', async () => {
    let broken = false
    const { items, problem, loading, loadMore } = pagesOf(async () => {
      if (broken) throw new Error('no network')
      return { items: [1], hasMore: true }
    })
    await vi.advanceTimersByTimeAsync(0)
    broken = true
    await loadMore()
    expect([items.value, problem.value !== '', loading.value]).toEqual([[1], true, false])
  })

  it('let items change and go', async () => {
    const { items, replace } = pagesOf(async () => ({ items: [1, 2, 3], hasMore: false }))
    await vi.advanceTimersByTimeAsync(0)
    replace(2, 20)
    replace(1)
    expect(items.value).toEqual([20, 3])
  })
})
