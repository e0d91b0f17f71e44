/** Every page in both themes by axe; and the way through by keyboard alone. */
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { composer, logIn, settled, texts } from './browser'
import { useChat } from './setup'

const chat = useChat()

/** What axe objects to, one line each. */
async function objections(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  // As a string, because the page's `axe` is not the one imported here.
  const { violations } = await page.evaluate<axe.AxeResults>('axe.run()')
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
}

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
    expect(await objections(page), 'members').toEqual([])
  })
})

describe('by keyboard alone', () => {
  it('logs in, opens a room from the rail and writes', async () => {
    const ann = await chat.api().signUp('하늘')
    const roomId = await chat.api().createRoom(ann, '자판')
    const page = await chat.page()
    await page.goto('/login')
    await page.getByLabel('이메일').focus()
    await page.keyboard.type(ann.email)
    await page.keyboard.press('Tab')
    await page.keyboard.type('correct horse battery')
    await page.keyboard.press('Enter')

    const room = page.getByRole('link', { name: '자판' })
    await room.waitFor()
    await page.locator('body').focus()
    for (let steps = 0; steps < 12; steps++) {
      await page.keyboard.press('Tab')
      if (await room.evaluate((link) => link === document.activeElement)) break
    }
    await page.keyboard.press('Enter')
    await page.waitForURL(`**/r/${roomId}`)
    await page.getByRole('log').waitFor()
    expect(await composer(page).evaluate((input) => input === document.activeElement)).toBe(true)

    await page.keyboard.type('첫 줄')
    await page.keyboard.press('Shift+Enter')
    await page.keyboard.type('둘째 줄')
    await page.keyboard.press('Enter')
    await settled(page, 1)
    expect(await texts(page)).toEqual(['첫 줄\n둘째 줄'])
  })
})
