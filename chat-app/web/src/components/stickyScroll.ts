/** Scrolling of a list that grows at both ends without moving under the reader. */
import { type ShallowRef, onBeforeUpdate, onMounted, onScopeDispose, onUpdated, ref } from 'vue'

/** Nearer to the end than this, the reader follows what is new. */
const AT_END_PX = 100
/** Where a message that was looked for comes to stand: this part of the list is above it. */
const CONTEXT = 0.25

type ElementRef = Readonly<ShallowRef<HTMLElement | null>>

/**
 * For the component that renders the rows; those of messages carry `data-seq`.
 * `scroller` must not anchor by itself (`overflow-anchor: none`): browsers do
 * not anchor at the very top, which is where older pages come in.
 *
 * The first row in sight is the anchor. Its place in the content changes only
 * when something above it comes, goes or grows, and then the list is scrolled
 * by as much.
 */
export function useStickyScroll(scroller: ElementRef, content: ElementRef, complete: () => boolean) {
  const atEnd = ref(false)
  /** The last message that is in sight as a whole. */
  const lastSeen = ref(0)
  let lastTop = 0
  let anchor: { row: HTMLElement; place: number } | undefined

  function toEnd(): void {
    const box = scroller.value
    if (!box) return
    box.scrollTop = box.scrollHeight
    atEnd.value = complete()
    look(box)
  }

  /** Brings a message into sight; false when it is not there. */
  function toMessage(seq: number): boolean {
    const box = scroller.value
    const row = box?.querySelector<HTMLElement>(`[data-seq="${seq}"]`)
    if (!box || !row) return false
    box.scrollTop = placeOf(row, box) - box.clientHeight * CONTEXT
    atEnd.value = complete() && isNearEnd(box)
    look(box)
    return true
  }

  function onScroll(): void {
    const box = scroller.value
    if (!box) return
    // A burst of new rows moves the end away before we have followed it; only going up is leaving it, and settling is no going.
    const leaves = box.scrollTop < lastTop
    settle(box)
    if (isNearEnd(box)) atEnd.value = complete()
    else if (leaves) atEnd.value = false
    look(box)
  }

  /** Undoes what moved the rows since the list was scrolled to `top`. */
  function settle(box: HTMLElement, top = box.scrollTop): void {
    if (!anchor?.row.isConnected) return
    const place = placeOf(anchor.row, box)
    const settled = top + place - anchor.place
    anchor.place = place
    if (Math.abs(box.scrollTop - settled) >= 0.5) box.scrollTop = settled
  }

  /** Remembers where the reader is. */
  function look(box: HTMLElement): void {
    const { top, bottom } = box.getBoundingClientRect()
    const rows = [...box.querySelectorAll<HTMLElement>('[data-seq]')]
    const row = rows.find((candidate) => candidate.getBoundingClientRect().bottom > top)
    anchor = row && { row, place: placeOf(row, box) }
    lastTop = box.scrollTop
    const last = rows.findLast((candidate) => candidate.getBoundingClientRect().bottom <= bottom + 1)
    lastSeen.value = Number(last?.dataset.seq ?? 0)
  }

  function onGrowth(top?: number): void {
    const box = scroller.value
    if (!box) return
    if (atEnd.value) return toEnd()
    settle(box, top)
    look(box)
  }

  // Rows that go make the browser scroll up where what is left is shorter.
  let topBefore = 0
  onBeforeUpdate(() => (topBefore = scroller.value?.scrollTop ?? 0))
  onUpdated(() => onGrowth(topBefore))
  // Covers pictures that arrive as well as a keyboard that takes half of the screen.
  const observer = new ResizeObserver(() => onGrowth())
  onMounted(() => {
    for (const { value } of [scroller, content]) if (value) observer.observe(value)
  })
  onScopeDispose(() => observer.disconnect())

  return { atEnd, lastSeen, toEnd, toMessage, onScroll }
}

/** How far down the content a row begins; scrolling does not change it. */
function placeOf(row: HTMLElement, box: HTMLElement): number {
  return row.getBoundingClientRect().top - box.getBoundingClientRect().top + box.scrollTop
}

function isNearEnd(box: HTMLElement): boolean {
  return box.scrollHeight - box.scrollTop - box.clientHeight < AT_END_PX
}
