/** Scrolling of a list that grows at both ends without moving under the reader. */
import { type ShallowRef, onBeforeUpdate, onMounted, onScopeDispose, onUpdated, ref } from 'vue'

/** Nearer to the end than this, the reader follows what is new. */
const AT_END_PX = 100

type ElementRef = Readonly<ShallowRef<HTMLElement | null>>

/**
 * For the component that renders the rows. Rows that stay in place carry
 * `data-seq`. `scroller` must not anchor by itself (`overflow-anchor: none`):
 * browsers do not anchor at the very top, which is where older pages come in.
 */
export function useStickyScroll(scroller: ElementRef, content: ElementRef) {
  const atEnd = ref(true)
  let lastTop = 0
  let anchor: { row: HTMLElement; top: number } | undefined

  function toEnd(): void {
    const box = scroller.value
    if (!box) return
    box.scrollTop = box.scrollHeight
    atEnd.value = true
  }

  function onScroll(): void {
    const box = scroller.value
    if (!box) return
    const near = box.scrollHeight - box.scrollTop - box.clientHeight < AT_END_PX
    // A burst of new rows moves the end away before we have followed it; only going up is leaving it.
    if (near) atEnd.value = true
    else if (box.scrollTop < lastTop) atEnd.value = false
    lastTop = box.scrollTop
  }

  onBeforeUpdate(() => {
    const row = atEnd.value ? undefined : firstVisible(scroller.value)
    anchor = row && { row, top: row.getBoundingClientRect().top }
  })

  onUpdated(() => {
    const box = scroller.value
    if (anchor?.row.isConnected && box) box.scrollTop += anchor.row.getBoundingClientRect().top - anchor.top
  })

  // Covers new rows as well as a keyboard that takes half of the screen.
  const observer = new ResizeObserver(() => {
    if (atEnd.value) toEnd()
  })
  onMounted(() => {
    for (const { value } of [scroller, content]) if (value) observer.observe(value)
  })
  onScopeDispose(() => observer.disconnect())

  return { atEnd, toEnd, onScroll }
}

function firstVisible(box: HTMLElement | null): HTMLElement | undefined {
  if (!box) return undefined
  const { top } = box.getBoundingClientRect()
  return [...box.querySelectorAll<HTMLElement>('[data-seq]')].find((row) => row.getBoundingClientRect().bottom > top)
}
