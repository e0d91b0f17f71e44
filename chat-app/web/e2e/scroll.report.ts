/** How a conversation of 10,000 messages scrolls: frames, the longest of them, and rows in the page. */
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { logIn, openRoom } from './browser'
import { useChat } from './setup'

const chat = useChat()

const MESSAGES = 10_000
/** At a time, so that the server stores them together. */
const AT_ONCE = 100
/** A screen's worth of time at 60 Hz. */
const FRAME_MS = 1000 / 60

interface Trace {
  /** Lengths of frames in milliseconds. */
  frames: number[]
  mostRows: number
}

/** Scrolls upwards by a quick wheel, as long as there is something above, and notes every frame. */
function scrollBack(page: Page): Promise<Trace> {
  return page.getByRole('log').evaluate(async (log) => {
    const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve))
    const trace = { frames: [] as number[], mostRows: 0 }
    let last = await frame()
    while (Number(log.querySelector<HTMLElement>('[data-seq]')?.dataset.seq) > 1 || log.scrollTop > 0) {
      log.scrollTop -= 120
      const now = await frame()
      trace.frames.push(now - last)
      trace.mostRows = Math.max(trace.mostRows, log.querySelectorAll('li').length)
      last = now
    }
    return trace
  })
}

function report({ frames, mostRows }: Trace): Record<string, number> {
  const sorted = frames.toSorted((a, b) => a - b)
  // Half a millisecond is the clock's.
  const late = sorted.filter((length) => length > FRAME_MS + 0.5)
  const share = (part: number) => Number(sorted[Math.floor(sorted.length * part)]?.toFixed(1))
  return {
    messages: MESSAGES,
    frames: frames.length,
    'over 16.7 ms': late.length,
    'median ms': share(0.5),
    '99 % ms': share(0.99),
    'longest ms': Number(sorted.at(-1)?.toFixed(1)),
    'rows in the page, at most': mostRows,
  }
}

it('scrolls through 10,000 messages', async () => {
  const ann = await chat.api().signUp('하늘')
  const roomId = await chat.api().createRoom(ann, '만 마디')
  for (let said = 0; said < MESSAGES; said += AT_ONCE) {
    const texts = Array.from({ length: AT_ONCE }, (_, n) => `${said + n + 1}번째 이야기 `.repeat(1 + (n % 7)))
    await Promise.all(texts.map((text) => chat.api().say(ann, roomId, text)))
  }
  await chat.api().read(ann, roomId)
  const page = await chat.page({ viewport: { width: 1120, height: 800 } })
  await logIn(page, ann)
  await openRoom(page, roomId)
  const trace = await scrollBack(page)
  console.table(report(trace))
  expect(trace.frames.length).toBeGreaterThan(MESSAGES / 10)
  expect(trace.mostRows).toBeLessThanOrEqual(300)
})
