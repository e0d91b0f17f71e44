/** A list that comes in pages: the first one of what a query finds, asked for while typing, and the others on demand. */
import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import { explain } from '../i18n'

const TYPING_MS = 200

export interface Page<T> {
  items: T[]
  hasMore: boolean
}

export function usePages<T>(find: (query: string, last?: T) => Promise<Page<T>>) {
  const query = ref('')
  const items = shallowRef<T[]>([])
  const hasMore = ref(false)
  const loaded = ref(false)
  const loading = ref(false)
  const problem = ref('')
  let asked = 0

  /** The page after `last`; without one, the first page in the place of all that was there. */
  async function load(last?: T): Promise<void> {
    const ask = ++asked
    loading.value = true
    try {
      const page = await find(query.value.trim(), last)
      // Answers may overtake each other.
      if (ask !== asked) return
      items.value = last ? [...items.value, ...page.items] : page.items
      hasMore.value = page.hasMore
      problem.value = ''
      loaded.value = true
    } catch (cause) {
      if (ask === asked) problem.value = explain(cause)
    } finally {
      if (ask === asked) loading.value = false
    }
  }

  /** Puts what has become of an item in its place; of one that is gone, nothing. */
  function replace(item: T, ...next: T[]): void {
    items.value = items.value.flatMap((other) => (other === item ? next : [other]))
  }

  let typing: ReturnType<typeof setTimeout> | undefined
  watch(query, () => {
    clearTimeout(typing)
    typing = setTimeout(load, TYPING_MS)
  })
  onScopeDispose(() => clearTimeout(typing))
  void load()

  return { query, items, hasMore, loaded, loading, problem, replace, reload: () => load(), loadMore: () => load(items.value.at(-1)) }
}
