/** Who has read what. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { logIn, openRoom, say, settled } from './browser'
import { useChat } from './setup'

const chat = useChat()

/** Makes a page believe that its tab is in the background: headless browsers have all in front. */
const hide = (page: Page) =>
  page.addInitScript(() => {
    let state = 'hidden'
    Object.defineProperty(document, 'visibilityState', { get: () => state })
    Object.defineProperty(document, 'hidden', { get: () => state === 'hidden' })
    addEventListener('shown', () => {
      state = 'visible'
      document.dispatchEvent(new Event('visibilitychange'))
    })
  })
const show = (page: Page) => page.evaluate(() => dispatchEvent(new Event('shown')))

describe('reading', () => {
  it('counts what is unread in the list and the title, until it is seen', async () => {
    const [ann, ben] = [await chat.api().signUp('하늘'), await chat.api().signUp('도윤')]
    const roomId = await chat.api().createRoom(ann, '소식', ben)
    const page = await chat.page()
    await logIn(page, ben)
    await page.getByRole('link', { name: '소식' }).waitFor()
    const second = await page.context().newPage()
    await second.goto('/')
    for (let n = 1; n <= 3; n++) await chat.api().say(ann, roomId, `소식 ${n}`)
    for (const tab of [page, second]) {
      await tab.getByText('읽지 않은 메시지 3개').waitFor()
      expect(await tab.title()).toMatch(/^\(3\) /)
    }

    await page.bringToFront()
    await page.getByRole('link', { name: '소식' }).click()
    await page.getByText('여기서부터 새 메시지').waitFor()
    for (const tab of [page, second]) await tab.waitForFunction(() => !document.title.startsWith('('))
    await page.reload()
    await page.getByRole('log').waitFor()
    expect(await page.title()).not.toMatch(/^\(/)
  })

  it('says beside a message how many have not read it', async () => {
    const people = await Promise.all(['하늘', '도윤', '서연'].map((name) => chat.api().signUp(name)))
    const [ann, ben, eve] = people as [(typeof people)[0], (typeof people)[0], (typeof people)[0]]
    const roomId = await chat.api().createRoom(ann, '공지', ben, eve)
    const page = await chat.page()
    await logIn(page, ann)
    await openRoom(page, roomId)
    await say(page, '내일 휴강입니다')
    await settled(page, 1)
    await page.getByText('2명이 읽지 않음').waitFor()

    // To have got it is not to have seen it.
    const [other, hidden] = [await chat.page(), await chat.page()]
    await logIn(other, ben)
    await other.getByText('읽지 않은 메시지 1개').waitFor()
    await hide(hidden)
    await logIn(hidden, eve)
    await openRoom(hidden, roomId)
    await settled(hidden, 1)
    expect(await page.getByText('2명이 읽지 않음').count()).toBe(1)
    await openRoom(other, roomId)
    await page.getByText('1명이 읽지 않음').waitFor()
    await show(hidden)
    await page.getByText('읽지 않음').waitFor({ state: 'detached' })
    expect(await page.locator('.unread-by').count()).toBe(0)
  })
})
