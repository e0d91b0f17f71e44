/** The longest, the widest, the most, and what is written from right to left. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { composer, logIn, openRoom, say, settled, texts } from './browser'
import { useChat } from './setup'

const chat = useChat()

const PHONE = { viewport: { width: 360, height: 640 } }
const LONGEST = 4_000
const HEBREW = 'שלום עולם'
const WIDE = '끝없이이어지는이름의채팅방'.repeat(4).slice(0, 64)

/** How far what is on the page goes beyond its width. */
function overflow(page: Page): Promise<number> {
  return page.evaluate(() => {
    const boxes = [...document.querySelectorAll('html, [role="log"], main, nav, dialog[open]')]
    // What is there for screen readers alone has one pixel.
    const seen = boxes.filter(({ clientWidth }) => clientWidth > 1)
    return Math.max(...seen.map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth))
  })
}

describe('on a narrow page', () => {
  it('long words and long names stay inside', { timeout: 60_000 }, async () => {
    const ann = await chat.api().signUp('Wolfeschlegelsteinhausenbergerdo')
    const ben = await chat.api().signUp('도윤')
    const roomId = await chat.api().createRoom(ann, WIDE, ben)
    const page = await chat.page(PHONE)
    await logIn(page, ben)
    for (const text of ['https://example.com/' + 'x'.repeat(400), 'ㅋ'.repeat(300), '😀'.repeat(100)]) {
      await chat.api().say(ann, roomId, text)
    }
    for (const path of [`/r/${roomId}`, '/', '/rooms', '/people']) {
      await page.goto(path)
      await page.getByText(path === '/people' ? 'Wolfeschlegel' : WIDE).and(page.locator(':visible')).first().waitFor()
      expect(await overflow(page), path).toBe(0)
    }
    await openRoom(page, roomId)
    await settled(page, 3)
    expect(await overflow(page)).toBe(0)
    for (const dialog of ['참여자', '채팅방 설정', '나가기']) {
      await page.getByRole('button', { name: dialog }).click()
      await page.getByRole('dialog').getByRole('button').first().waitFor()
      expect(await overflow(page), dialog).toBe(0)
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
    }
  })

  it('what is written from right to left stands so, and nothing else', { timeout: 60_000 }, async () => {
    const [ann, ben] = [await chat.api().signUp('נועה כהן'), await chat.api().signUp('도윤')]
    const roomId = await chat.api().createRoom(ann, 'חברים', ben)
    await chat.api().say(ann, roomId, `${HEBREW}!`)
    await chat.api().say(ann, roomId, '한글은 왼쪽부터')
    const page = await chat.page(PHONE)
    await logIn(page, ben)
    await openRoom(page, roomId)
    await settled(page, 2)
    const directions = page.locator('[data-seq] .text').evaluateAll((all) => all.map((text) => getComputedStyle(text).direction))
    expect(await directions).toEqual(['rtl', 'ltr'])
    await page.locator('p.sender', { hasText: 'נועה כהן' }).waitFor()
    expect(await overflow(page)).toBe(0)
  })
})

describe('the most there may be', () => {
  it('is a message that arrives and is edited whole', { timeout: 60_000 }, async () => {
    const [ann, ben] = [await chat.api().signUp('하늘'), await chat.api().signUp('도윤')]
    const roomId = await chat.api().createRoom(ann, '긴 글', ben)
    const [page, other] = [await chat.page(), await chat.page()]
    await logIn(page, ann)
    await openRoom(page, roomId)
    await logIn(other, ben)
    await openRoom(other, roomId)
    const whole = `첫머리 ${'가나다라마바사아자차'.repeat(400)}`.slice(0, LONGEST - 5) + ' 끝말 '.trim().padEnd(5, '!')
    await say(page, whole)
    for (const tab of [page, other]) {
      await settled(tab, 1)
      expect((await texts(tab))[0]).toBe(whole)
    }
    await composer(page).press('ArrowUp')
    expect(await composer(page).inputValue()).toBe(whole)
    const edited = whole.replace('첫머리', '머리말')
    await say(page, edited)
    await other.locator('[data-seq] .text', { hasText: '머리말' }).waitFor()
    expect((await texts(other))[0]).toBe(edited)
  })

  it('is two hundred rooms in the list, in their order', { timeout: 120_000 }, async () => {
    const ann = await chat.api().signUp('하늘')
    const ids: number[] = []
    for (let n = 1; n <= 200; n++) ids.push(await chat.api().createRoom(ann, `방 ${n}`))
    await chat.api().say(ann, ids[0]!, '다시 맨 위로')
    const page = await chat.page()
    await logIn(page, ann)
    const entries = page.getByRole('navigation').getByRole('link', { name: /^방 \d+/ })
    await entries.nth(199).waitFor({ state: 'attached' })
    await entries.first().getByText('다시 맨 위로').waitFor()
    await entries.nth(199).scrollIntoViewIfNeeded()
    await entries.nth(199).click()
    await page.getByRole('heading', { name: '방 2', level: 1, exact: true }).waitFor()
    await say(page, '이제 여기가 맨 위')
    await entries.first().getByText('이제 여기가 맨 위').waitFor()
    expect(await entries.count()).toBe(200)
  })
})
