/** Loads the next page whenever the edge of what is loaded comes near. */
import { type ShallowRef, onScopeDispose, ref, watch } from 'vue'

const NEAR_PX = 800

type ElementRef = Readonly<ShallowRef<HTMLElement | null>>

export function useEdgePages(
  scroller: ElementRef,
  /** Stands beyond the outermost row as long as there is more. */
  sentinel: ElementRef,
  load: () => Promise<boolean>,
) {
  const loading = ref(false)
  const failed = ref(false)
  let observer: IntersectionObserver | undefined

  async function loadPage(): Promise<void> {
    if (loading.value) return
    loading.value = true
    failed.value = !(await load())
    loading.value = false
    // An observer only reports changes; a short page may leave the sentinel in sight.
    if (!failed.value) observe()
  }

  function observe(): void {
    observer?.disconnect()
    if (!sentinel.value) return
    observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) void loadPage()
      },
      { root: scroller.value, rootMargin: `${NEAR_PX}px 0px` },
    )
    observer.observe(sentinel.value)
  }

  watch(sentinel, observe, { flush: 'post' })
  onScopeDispose(() => observer?.disconnect())

  return { loading, failed, loadPage }
}
