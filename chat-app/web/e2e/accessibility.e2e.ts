/** Every page in both themes by axe; and the way through by keyboard alone. */
import type { Locator, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { objections } from './axe'
import { composer, logIn, settled, texts } from './browser'
import { useChat } from './setup'

const chat = useChat()

describe.each(['light', 'dark'] as const)('in the %s theme', (colorScheme) => {
  it.each([375, 1280])('no page is objectionable at %i px', { timeout: 120_000 }, async (width) => {
    const [ann, ben] = [await chat.api().signUp('하늘'), await chat.api().signUp('도윤')]
    const roomId = await chat.api().createRoom(ann, '둘러보기', ben)
    await chat.api().say(ann, roomId, '안녕하세요')
    await chat.api().say(ben, roomId, '반갑습니다')

    const page = await chat.page({ colorScheme, viewport: { width, height: 700 } })
    for (const path of ['/login', '/signup']) {
      await page.goto(path)
      await page.getByRole('heading', { level: 1 }).waitFor()
      expect(await objections(page), path).toEqual([])
    }
    await logIn(page, ben)
    for (const path of ['/', '/rooms', '/people', '/search', '/settings', '/join/nothing', `/r/${roomId}`, '/r/999999', '/nowhere']) {
      await page.goto(path)
      await page.getByRole(path === '/' && width < 768 ? 'navigation' : 'main').waitFor()
      if (path.startsWith('/r/')) await page.getByRole('main').getByRole('heading', { level: 1 }).waitFor()
      expect(await objections(page), path).toEqual([])
    }
    await page.goto('/rooms')
    await page.getByRole('main').getByRole('button', { name: '새 채팅방' }).click()
    expect(await objections(page), 'dialog').toEqual([])
    await page.goto(`/r/${roomId}`)
    await page.getByRole('button', { name: '메시지 메뉴' }).first().click()
    expect(await objections(page), 'menu').toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: '참여자' }).click()
    await page.getByLabel('하늘 더 보기').click()
    expect(await objections(page), 'members').toEqual([])
    await page.getByRole('button', { name: '신고' }).click()
    await page.getByLabel('신고하는 이유').fill('둘러보기')
    expect(await objections(page), 'report').toEqual([])
    await page.getByRole('dialog', { name: '하늘 님 신고' }).getByRole('button', { name: '신고' }).click()
    await page.getByText('신고했습니다').waitFor()
    await page.goto(`/r/${roomId}`)
    await page.getByRole('button', { name: '채팅방 설정' }).click()
    await page.getByText('나에게 알림').waitFor()
    expect(await objections(page), 'own settings').toEqual([])
    const owned = await chat.api().createRoom(ben, '내 방')
    await page.goto(`/r/${owned}`)
    await page.getByRole('button', { name: '채팅방 설정' }).click()
    await page.getByLabel('채팅방 이름').waitFor()
    expect(await objections(page), 'room settings').toEqual([])

    const console = await chat.page({ colorScheme, viewport: { width, height: 700 } })
    await logIn(console, chat.admin())
    for (const part of ['overview', 'users', 'rooms', 'reports', 'settings', 'audit']) {
      await console.goto(`/console/${part}`)
      await console.getByRole('main').locator('dl, ul, form, table, .none').first().waitFor()
      expect(await objections(console), part).toEqual([])
    }
  })
})

describe('on a phone', () => {
  it('everything is within reach', { timeout: 60_000 }, async () => {
    const [ann, ben] = [await chat.api().signUp('하늘'), await chat.api().signUp('도윤')]
    const roomId = await chat.api().createRoom(ben, '손안의 방')
    await chat.api().say(ben, roomId, 'https://example.com/' + 'long'.repeat(60))
    const page = await chat.page({ viewport: { width: 375, height: 667 }, hasTouch: true, isMobile: true })
    await logIn(page, ann)
    await page.getByRole('link', { name: '채팅방 찾기' }).tap()
    await page.getByRole('button', { name: '참여: 손안의 방' }).tap()
    await page.getByRole('log').waitFor()
    await composer(page).tap()
    await composer(page).fill('첫 줄')
    // On touch, Enter breaks the line.
    await composer(page).press('Enter')
    await composer(page).pressSequentially('둘째 줄')
    await page.getByRole('button', { name: '보내기' }).tap()
    await settled(page, 2)
    await page.getByRole('button', { name: '메시지 메뉴' }).first().tap()
    await page.getByRole('dialog', { name: '메시지 메뉴' }).getByRole('button', { name: '답장' }).tap()
    await composer(page).fill('답')
    await page.getByRole('button', { name: '보내기' }).tap()
    await settled(page, 3)
    const [inner, outer] = await page.getByRole('log').evaluate((box) => [box.scrollWidth, box.clientWidth])
    expect(inner).toBe(outer)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375)
    await page.getByRole('link', { name: '뒤로' }).tap()
    await page.getByRole('navigation').getByRole('link', { name: '손안의 방' }).waitFor()
  })
})

describe('by keyboard alone', () => {
  it('logs in, joins a room, writes and replies', { timeout: 60_000 }, async () => {
    const [ann, ben] = [await chat.api().signUp('하늘'), await chat.api().signUp('도윤')]
    const roomId = await chat.api().createRoom(ben, '자판')
    await chat.api().say(ben, roomId, '거기 누구 있어요?')
    const page = await chat.page()
    await page.goto('/login')
    await page.getByLabel('이메일').focus()
    await page.keyboard.type(ann.email)
    await page.keyboard.press('Tab')
    await page.keyboard.type('correct horse battery')
    await page.keyboard.press('Enter')

    await reach(page, page.getByRole('link', { name: '채팅방 찾기' }).first())
    await reach(page, page.getByRole('button', { name: '참여: 자판' }))
    await page.waitForURL(`**/r/${roomId}`)
    await page.getByRole('log').waitFor()
    await page.waitForFunction(() => document.activeElement?.tagName === 'TEXTAREA')

    await page.keyboard.type('첫 줄')
    await page.keyboard.press('Shift+Enter')
    await page.keyboard.type('둘째 줄')
    await page.keyboard.press('Enter')
    await settled(page, 2)
    await reach(page, page.getByRole('button', { name: '메시지 메뉴' }).first(), 'Shift+Tab')
    const menu = page.getByRole('dialog', { name: '메시지 메뉴' })
    await reach(page, menu.getByRole('button', { name: '답장' }))
    await page.keyboard.type('네, 있어요')
    await page.keyboard.press('Enter')
    await settled(page, 3)
    expect(await texts(page)).toEqual(['거기 누구 있어요?', '첫 줄\n둘째 줄', '네, 있어요'])
    expect(await page.locator('.quote').textContent()).toContain('거기 누구 있어요?')
  })

  it('finds rooms and messages by their keys', async () => {
    const ann = await chat.api().signUp('하늘')
    await chat.api().createRoom(ann, '열쇠')
    const page = await chat.page()
    await logIn(page, ann)
    await page.keyboard.press('Control+k')
    await page.waitForURL('**/rooms')
    await page.waitForFunction(() => document.activeElement?.getAttribute('type') === 'search')
    await page.keyboard.press('Control+f')
    await page.waitForURL('**/search')
  })
})

/** Goes to a control by Tab, and presses it. */
async function reach(page: Page, control: Locator, key = 'Tab'): Promise<void> {
  await control.waitFor()
  for (let steps = 0; steps < 40; steps++) {
    if (await control.evaluate((element) => element === document.activeElement)) return page.keyboard.press('Enter')
    await page.keyboard.press(key)
  }
  throw new Error(`not to be reached by ${key}: ${control}`)
}
