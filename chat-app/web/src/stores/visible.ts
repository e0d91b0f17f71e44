import { onScopeDispose, ref } from 'vue'

/** Whether the reader can see the page. */
export function usePageVisible() {
  const visible = ref(!document.hidden)
  const update = () => (visible.value = !document.hidden)
  document.addEventListener('visibilitychange', update)
  onScopeDispose(() => document.removeEventListener('visibilitychange', update))
  return visible
}
