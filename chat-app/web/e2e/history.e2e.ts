/** Reading back and forth in a long room, and being led to what is new. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import type { Person } from './api'
import { logIn, openRoom, say, settled, texts } from './browser'
import { blockWebSockets } from './line'
import { scene } from './scene'
import { useChat } from './setup'

const chat = useChat()

const LENGTH = 320

/** A room in which everyone has told stories in turn, and nobody has read them. */
async function longRoom(): Promise<{ people: Person[]; roomId: number }> {
  const people = await Promise.all(['가람', '나래', '다솜'].map((name) => chat.api().signUp(name)))
  const [owner, ...others] = people
  const roomId = await chat.api().createRoom(owner!, '긴 이야기', ...others)
  for (let n = 1; n <= LENGTH; n++) await chat.api().say(people[n % people.length]!, roomId, `${n}번째 이야기`)
  return { people, roomId }
}

const story = (page: Page, n: number) => page.getByRole('log').getByText(`${n}번째 이야기`, { exact: true })

/** The first message in sight and how far its top is from the top of the list. */
function firstInSight(page: Page) {
  return page.getByRole('log').evaluate((log) => {
    const { top } = log.getBoundingClientRect()
    const rows = [...log.querySelectorAll<HTMLElement>('[data-seq]')]
    const row = rows.find((candidate) => candidate.getBoundingClientRect().bottom > top)
    return { seq: row?.dataset.seq ?? '', top: (row?.getBoundingClientRect().top ?? 0) - top }
  })
}

function topOf(page: Page, seq: string) {
  return page.getByRole('log').evaluate((log, wanted) => {
    const row = log.querySelector(`[data-seq="${wanted}"]`)
    return (row?.getBoundingClientRect().top ?? Number.NaN) - log.getBoundingClientRect().top
  }, seq)
}

/** The seqs of the first and the last message on the page. */
function bounds(page: Page) {
  return page
    .locator('[data-seq]')
    .evaluateAll((rows) => [rows[0], rows.at(-1)].map((row) => Number((row as HTMLElement)?.dataset.seq)))
}

/** Scrolls to an edge and says how far what was in sight has moved when the next page was there. */
async function drift(page: Page, edge: 'top' | 'bottom'): Promise<number> {
  // Held back, so that there is a still picture to compare with.
  let release = () => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  await page.route('**/chat/history/**', async (route) => {
    await held
    await route.continue()
  })
  const asked = page.waitForRequest('**/chat/history/**')
  await page.getByRole('log').evaluate((log, to) => (log.scrollTop = to === 'top' ? 0 : log.scrollHeight), edge)
  await asked
  const [before, at] = [await bounds(page), await firstInSight(page)]
  release()
  await page.waitForFunction(
    ([first, last]) => {
      const rows = [...document.querySelectorAll<HTMLElement>('[data-seq]')]
      return Number(rows[0]?.dataset.seq) !== first || Number(rows.at(-1)?.dataset.seq) !== last
    },
    before,
  )
  await page.unrouteAll({ behavior: 'wait' })
  return Math.abs((await topOf(page, at.seq)) - at.top)
}

describe('history', () => {
  it.each([
    ['WebSocket', async () => {}],
    ['SockJS', blockWebSockets],
  ])('goes by in both directions without moving what is in sight, over %s', { timeout: 90_000 }, async (_, narrow) => {
    const { people, roomId } = await longRoom()
    await chat.api().read(people[0]!, roomId)
    const page = await chat.page({ viewport: { width: 900, height: 600 } })
    await narrow(page)
    await logIn(page, people[0]!)
    await openRoom(page, roomId)
    await settled(page, 30)
    await story(page, LENGTH).waitFor()

    const seen = new Set<string>()
    const look = async () => {
      for (const text of await texts(page)) seen.add(text)
      expect(await page.getByRole('log').getByRole('listitem').count()).toBeLessThanOrEqual(300)
    }
    for (await look(); !(await page.getByText('대화의 시작입니다').isVisible()); await look()) {
      expect(await drift(page, 'top')).toBeLessThan(2)
    }
    expect(seen.size).toBe(LENGTH)

    // What came in the meantime is announced and does not move the view.
    const still = await firstInSight(page)
    await chat.api().say(people[1]!, roomId, '그사이에 온 말')
    await page.getByRole('button', { name: '새 메시지 1개' }).waitFor()
    expect(await topOf(page, still.seq)).toBe(still.top)

    const end = page.getByText('그사이에 온 말').and(page.locator('.text'))
    while (!(await end.count())) {
      const moved = await drift(page, 'bottom')
      // The last page takes the place of the line that said it was coming.
      if (!(await end.count())) expect(moved).toBeLessThan(2)
    }
    const stories = (await texts(page)).filter((text) => text.endsWith('번째 이야기'))
    expect(stories).toEqual(stories.map((_, index) => `${LENGTH - stories.length + 1 + index}번째 이야기`))
  })

  it('opens at the first unread message, however far back, and ends at the newest', { timeout: 60_000 }, async () => {
    const { people, roomId } = await longRoom()
    const page = await chat.page({ viewport: { width: 900, height: 600 } })
    await logIn(page, people[0]!)
    await chat.api().read(people[0]!, roomId, 100)
    await openRoom(page, roomId)
    const divider = page.getByText('여기서부터 새 메시지')
    await divider.waitFor()
    expect(await divider.evaluate((line) => line.getBoundingClientRect().top > 0)).toBe(true)

    await page.getByRole('button', { name: '맨 아래로' }).click()
    await story(page, LENGTH).waitFor()
    await page.waitForFunction(() => !document.title.startsWith('('))

    // One's own words are always seen.
    await page.getByRole('log').evaluate((log) => (log.scrollTop = 0))
    await say(page, '여기 있어요')
    await page.getByText('여기 있어요').and(page.locator('.text')).waitFor()
    expect(await page.getByRole('button', { name: '맨 아래로' }).count()).toBe(0)
  })

  it('leads to one message by its address', { timeout: 60_000 }, async () => {
    const { people, roomId } = await longRoom()
    const page = await chat.page({ viewport: { width: 900, height: 600 } })
    await logIn(page, people[0]!)
    await page.goto(`/r/${roomId}@60`)
    await page.getByRole('log').waitFor()
    const place = await topOf(page, '60')
    expect(place).toBeGreaterThan(0)
    expect(place).toBeLessThan(500)
  })

  it('stays at its end when the window gets narrow', async () => {
    const { people, roomId, messageIds } = await scene(chat.api())
    const page = await chat.page({ viewport: { width: 1440, height: 900 } })
    await logIn(page, people[0])
    await openRoom(page, roomId)
    await settled(page, messageIds.length)
    await page.setViewportSize({ width: 360, height: 720 })
    const log = page.getByRole('log')
    await page.waitForFunction((box) => box!.scrollTop > 0 && box!.scrollHeight - box!.scrollTop - box!.clientHeight < 2, await log.elementHandle())
    expect(await page.getByRole('button', { name: '맨 아래로' }).count()).toBe(0)
  })
})
