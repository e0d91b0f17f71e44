/** Keys that lead somewhere from anywhere: Ctrl+K to the rooms, Ctrl+F to the search in messages. */
import { onMounted, onUnmounted } from 'vue'
import { useRouter } from 'vue-router'

const PLACES: Record<string, string> = { k: '/rooms', f: '/search' }

export function useShortcuts(): void {
  const router = useRouter()

  function onKey(event: KeyboardEvent): void {
    const place = PLACES[event.key.toLowerCase()]
    const isAlone = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey
    // There already, the key is the browser's again.
    if (!place || !isAlone || router.currentRoute.value.path === place) return
    event.preventDefault()
    void router.push(place)
  }

  onMounted(() => addEventListener('keydown', onKey))
  onUnmounted(() => removeEventListener('keydown', onKey))
}
