/** Reading back, and catching up after the connection was gone. */
import type { Page, WebSocketRoute } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { logIn, openRoom, say, settled, texts } from './browser'
import { useChat } from './setup'

const chat = useChat()

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

const rowCount = (page: Page) => page.locator('[data-seq]').count()

describe('history', () => {
  it('grows upwards without moving what is in sight', { timeout: 300_000 }, async () => {
    const people = await Promise.all(['가람', '나래', '다솜', '라온', '마음', '바다'].map((name) => chat.api().signUp(name)))
    const [owner, ...others] = people
    const roomId = await chat.api().createRoom(owner!, '긴 이야기', ...others)
    for (let n = 1; n <= 120; n++) await chat.api().say(people[n % people.length]!, roomId, `${n}번째 이야기`)

    const page = await chat.page({ viewport: { width: 900, height: 600 } })
    await logIn(page, owner!)
    await openRoom(page, roomId)
    await settled(page, 50)
    expect(await page.getByRole('log').getByText('120번째 이야기').isVisible()).toBe(true)

    for (let shown = await rowCount(page); shown < 120; shown = await rowCount(page)) {
      // Held back, so that there is a still picture to compare with.
      let release = () => {}
      const held = new Promise<void>((resolve) => (release = resolve))
      await page.route('**/chat/history/**', async (route) => {
        await held
        await route.continue()
      })
      const asked = page.waitForRequest('**/chat/history/**')
      await page.getByRole('log').evaluate((log) => (log.scrollTop = 0))
      await asked
      const before = await firstInSight(page)
      release()
      await settled(page, shown + 1)
      await page.unrouteAll({ behavior: 'wait' })
      expect(Math.abs((await topOf(page, before.seq)) - before.top)).toBeLessThan(2)
    }
    await page.getByText('대화의 시작입니다').waitFor()
    const stories = (await texts(page)).filter((text) => text.endsWith('번째 이야기'))
    expect(stories).toEqual(Array.from({ length: 120 }, (_, index) => `${index + 1}번째 이야기`))
  })

  it('fills the gap of a lost connection, once and in order', async () => {
    const [ann, ben] = [await chat.api().signUp('하늘'), await chat.api().signUp('도윤')]
    const roomId = await chat.api().createRoom(ann, '끊김', ben)

    const page = await chat.page()
    let socket: WebSocketRoute | undefined
    let blocked = false
    await page.routeWebSocket(/ws-connect/, (route) => {
      if (blocked) return void route.close()
      socket = route
      route.connectToServer()
    })
    await logIn(page, ben)
    await openRoom(page, roomId)
    await chat.api().say(ann, roomId, '끊기기 전')
    await page.getByText('끊기기 전').last().waitFor()

    blocked = true
    await socket!.close()
    for (let n = 1; n <= 5; n++) await chat.api().say(ann, roomId, `그동안 ${n}`)
    await say(page, '끊긴 채로 보냄')
    await page.getByText('서버에 연결하는 중').waitFor()
    blocked = false

    await settled(page, 7)
    await page.getByText('서버에 연결하는 중').waitFor({ state: 'detached' })
    await chat.api().say(ann, roomId, '이어진 뒤')
    await settled(page, 8)
    expect(await texts(page)).toEqual([
      '끊기기 전',
      ...Array.from({ length: 5 }, (_, index) => `그동안 ${index + 1}`),
      '끊긴 채로 보냄',
      '이어진 뒤',
    ])
  })

  it('counts what is unread in the list and the title, until it is seen', async () => {
    const [ann, ben] = [await chat.api().signUp('하늘'), await chat.api().signUp('도윤')]
    const roomId = await chat.api().createRoom(ann, '소식', ben)
    const page = await chat.page()
    await logIn(page, ben)
    await page.getByRole('link', { name: '소식' }).waitFor()
    for (let n = 1; n <= 3; n++) await chat.api().say(ann, roomId, `소식 ${n}`)
    await page.getByText('읽지 않은 메시지 3개').waitFor()
    expect(await page.title()).toMatch(/^\(3\) /)

    await page.getByRole('link', { name: '소식' }).click()
    await page.getByText('여기서부터 새 메시지').waitFor()
    await page.waitForFunction(() => !document.title.startsWith('('))
    await page.reload()
    await page.getByRole('log').waitFor()
    expect(await page.title()).not.toMatch(/^\(/)
  })
})
