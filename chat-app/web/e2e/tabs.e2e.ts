/** One member in two tabs, and the way back and forth in one. */
import { describe, expect, it } from 'vitest'
import { composer, logIn, openRoom, say, settled, texts } from './browser'
import { useChat } from './setup'

const chat = useChat()

describe('two tabs', () => {
  it('show the same words, marks and settings', { timeout: 60_000 }, async () => {
    const [ann, ben] = [await chat.api().signUp('하늘'), await chat.api().signUp('도윤')]
    const [roomId, other] = [await chat.api().createRoom(ann, '두 창', ben), await chat.api().createRoom(ann, '다른 방')]
    const first = await chat.page()
    await logIn(first, ann)
    const second = await first.context().newPage()
    await openRoom(first, other)
    await openRoom(second, other)
    await chat.api().say(ben, roomId, '읽어 주세요')
    for (const tab of [first, second]) await tab.getByText('읽지 않은 메시지 1개').waitFor({ state: 'attached' })
    await first.getByRole('navigation').getByRole('link', { name: '두 창' }).click()
    await first.getByRole('log').getByText('읽어 주세요').waitFor()
    for (const tab of [first, second]) await tab.getByText('읽지 않은 메시지 1개').waitFor({ state: 'detached' })

    await openRoom(second, roomId)
    await say(first, '첫째 창에서')
    await second.locator('[data-seq] .text', { hasText: '첫째 창에서' }).waitFor()
    await say(second, '둘째 창에서')
    for (const tab of [first, second]) {
      await tab.locator('[data-seq] .text', { hasText: '둘째 창에서' }).waitFor()
      expect(await texts(tab)).toEqual(['읽어 주세요', '첫째 창에서', '둘째 창에서'])
    }
  })

  it('are left together', { timeout: 60_000 }, async () => {
    const ann = await chat.api().signUp('하늘')
    const roomId = await chat.api().createRoom(ann, '나가는 길')
    const first = await chat.page()
    await logIn(first, ann)
    const second = await first.context().newPage()
    await openRoom(second, roomId)
    await first.getByTitle('프로필 메뉴').click()
    await first.getByRole('button', { name: '로그아웃' }).click()
    for (const tab of [first, second]) await tab.getByRole('button', { name: '로그인' }).waitFor()
  })
})

describe('the way back', () => {
  it('leads through rooms, messages and pages as they were', { timeout: 60_000 }, async () => {
    const ann = await chat.api().signUp('하늘')
    const [one, two] = [await chat.api().createRoom(ann, '첫째 방'), await chat.api().createRoom(ann, '둘째 방')]
    await chat.api().say(ann, one, '첫째 방의 말')
    const page = await chat.page()
    await logIn(page, ann)
    const rail = page.getByRole('navigation')
    await rail.getByRole('link', { name: '첫째 방' }).click()
    await page.getByRole('log').getByText('첫째 방의 말').waitFor()
    await composer(page).fill('쓰다 만 말')
    await rail.getByRole('link', { name: '둘째 방' }).click()
    await page.waitForURL(`**/r/${two}`)
    await page.getByRole('heading', { name: '둘째 방', level: 1 }).waitFor()
    await page.getByTitle('프로필 메뉴').click()
    await page.getByRole('link', { name: '설정' }).click()
    await page.getByRole('heading', { name: '설정', level: 1 }).waitFor()

    await page.goBack()
    await page.getByRole('heading', { name: '둘째 방', level: 1 }).waitFor()
    await page.goBack()
    await page.getByRole('log').getByText('첫째 방의 말').waitFor()
    expect(await composer(page).inputValue()).toBe('쓰다 만 말')
    await say(page, '돌아와서 한 말')
    await settled(page, 2)
    await page.goForward()
    await page.getByRole('heading', { name: '둘째 방', level: 1 }).waitFor()
    await page.getByRole('log').waitFor()
    expect(await texts(page)).toEqual([])
    expect(await composer(page).inputValue()).toBe('')
  })

  it('closes what stands over the page', async () => {
    const ann = await chat.api().signUp('하늘')
    const roomId = await chat.api().createRoom(ann, '열린 창')
    const page = await chat.page()
    await logIn(page, ann)
    await page.goto('/rooms')
    await page.getByRole('main').waitFor()
    await page.getByRole('navigation').getByRole('link', { name: '열린 창' }).click()
    await page.waitForURL(`**/r/${roomId}`)
    await page.getByRole('button', { name: '참여자' }).click()
    await page.getByRole('dialog').waitFor()
    await page.goBack()
    await page.waitForURL('**/rooms')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  })
})
