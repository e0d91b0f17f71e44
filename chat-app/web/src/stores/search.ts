/** A list found by a query: asked for while typing, and again now and then. */
import { onScopeDispose } from 'vue'
import { usePages } from './pages'

const REFRESH_MS = 10_000

export function useSearch<T>(find: (query: string) => Promise<T[]>) {
  const all = async (query: string) => ({ items: await find(query), hasMore: false })
  const { query, items: results, loaded, loading, problem, reload: refresh } = usePages(all)

  // What is being waited for must be able to fail.
  const repeat = setInterval(() => document.hidden || loading.value || void refresh(), REFRESH_MS)
  onScopeDispose(() => clearInterval(repeat))

  return { query, results, loaded, problem, refresh }
}
