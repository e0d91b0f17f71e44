/** A list found by a query: asked for while typing, and again now and then. */
import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import { explain } from '../i18n'

const TYPING_MS = 200
const REFRESH_MS = 10_000

export function useSearch<T>(find: (query: string) => Promise<T[]>) {
  const query = ref('')
  const results = shallowRef<T[]>([])
  const loaded = ref(false)
  const problem = ref('')
  let asked = 0

  async function refresh(): Promise<void> {
    const ask = ++asked
    try {
      const found = await find(query.value.trim())
      // Answers may overtake each other.
      if (ask !== asked) return
      results.value = found
      problem.value = ''
      loaded.value = true
    } catch (cause) {
      if (ask === asked) problem.value = explain(cause)
    }
  }

  let typing: ReturnType<typeof setTimeout> | undefined
  watch(query, () => {
    clearTimeout(typing)
    typing = setTimeout(refresh, TYPING_MS)
  })
  const repeat = setInterval(() => document.hidden || void refresh(), REFRESH_MS)
  onScopeDispose(() => {
    clearTimeout(typing)
    clearInterval(repeat)
  })
  void refresh()

  return { query, results, loaded, problem, refresh }
}
