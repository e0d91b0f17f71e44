/** What becomes of messages after they were said. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { composer, logIn, openRoom, say, settled } from './browser'
import { useChat } from './setup'

const chat = useChat()

async function twoInRoom(name: string) {
  const people = [await chat.api().signUp('하늘'), await chat.api().signUp('도윤')] as const
  const roomId = await chat.api().createRoom(people[0], name, people[1])
  const pages = await Promise.all(
    people.map(async (person) => {
      const page = await chat.page()
      await logIn(page, person)
      await openRoom(page, roomId)
      return page
    }),
  )
  return { ann: pages[0]!, ben: pages[1]!, roomId, people }
}

/** The message that says this; one that answers it has it as well, as a quotation. */
const bubble = (page: Page, text: string) =>
  page.getByRole('log').getByRole('listitem').filter({ has: page.locator('.text', { hasText: text }) })

async function choose(page: Page, text: string, what: string): Promise<void> {
  await bubble(page, text).hover()
  await bubble(page, text).getByRole('button', { name: '메시지 메뉴' }).click()
  await page.getByRole('dialog', { name: '메시지 메뉴' }).getByRole('button', { name: what, exact: true }).click()
}

describe('messages', () => {
  it('are answered, reacted to, edited and deleted, for all who see them and after a reload', { timeout: 60_000 }, async () => {
    const { ann, ben } = await twoInRoom('대화')
    await say(ann, '토요일 어때요')
    await settled(ben, 1)

    await choose(ben, '토요일 어때요', '답장')
    await say(ben, '저는 좋아요')
    await settled(ann, 2)
    await bubble(ann, '저는 좋아요').getByText('토요일 어때요').waitFor()

    await choose(ben, '토요일 어때요', '👍')
    await bubble(ann, '토요일 어때요').getByRole('button', { name: '👍 1개' }).waitFor()
    await ann.getByRole('button', { name: '👍 1개' }).click()
    await ben.getByRole('button', { name: '👍 2개', pressed: true }).waitFor()

    await composer(ann).press('ArrowUp')
    expect(await composer(ann).inputValue()).toBe('토요일 어때요')
    await say(ann, '일요일 어때요')
    for (const page of [ann, ben]) {
      await page.locator('.text', { hasText: '일요일 어때요' }).waitFor()
      await page.getByText('수정됨').waitFor()
    }

    await choose(ben, '저는 좋아요', '삭제')
    for (const page of [ann, ben]) {
      await page.getByText('삭제된 메시지입니다').waitFor()
      await page.reload()
      await page.locator('.text', { hasText: '일요일 어때요' }).waitFor()
      await page.getByText('삭제된 메시지입니다').waitFor()
      await page.getByRole('button', { name: '👍 2개' }).waitFor()
    }
  })

  it('that two change at once tell the later one, who loses nothing', async () => {
    const { ann, roomId } = await twoInRoom('동시에')
    await say(ann, '원래 글')
    await settled(ann, 1)
    const second = await ann.context().newPage()
    await openRoom(second, roomId)
    await settled(second, 1)
    await composer(ann).press('ArrowUp')
    await composer(second).press('ArrowUp')
    await composer(ann).fill('먼저 고친 글')
    await composer(second).fill('나중에 고친 글')
    await composer(ann).press('Enter')
    await bubble(second, '먼저 고친 글').waitFor()
    await composer(second).press('Enter')
    await second.getByText('다른 곳에서 먼저 수정되었습니다').waitFor()
    expect(await composer(second).inputValue()).toBe('나중에 고친 글')
    await composer(second).press('Enter')
    await bubble(ann, '나중에 고친 글').waitFor()
    expect(await second.getByText('다른 곳에서 먼저').count()).toBe(0)
  })

  it('lead to what they answer, however far back', async () => {
    const { ann, roomId, people } = await twoInRoom('오래된 질문')
    await say(ann, '처음 물어본 것')
    await settled(ann, 1)
    await choose(ann, '처음 물어본 것', '답장')
    await say(ann, '스스로 답하기')
    await settled(ann, 2)
    const [writer] = people
    for (let n = 1; n <= 90; n++) await chat.api().say(writer, roomId, `사이에 온 말 ${n}`)
    await choose(ann, '사이에 온 말 90', '답장')
    await say(ann, '끝에서 답하기')
    await ann.getByRole('log').evaluate((log) => (log.scrollTop = 0))
    await bubble(ann, '스스로 답하기').getByRole('link').click()
    const target = bubble(ann, '처음 물어본 것')
    await target.waitFor()
    expect(await target.evaluate((row) => row.classList.contains('found'))).toBe(true)
  })

  it('that name somebody tell whom they name', async () => {
    const { ann, ben, roomId } = await twoInRoom('부르기')
    await ben.goto('/')
    await ben.getByRole('navigation').waitFor()
    await composer(ann).pressSequentially('@도')
    const picker = ann.getByRole('listbox', { name: '부를 사람' })
    await picker.getByRole('option', { name: '도윤' }).waitFor()
    await composer(ann).press('Enter')
    expect(await composer(ann).inputValue()).toBe('@도윤 ')
    await composer(ann).pressSequentially('여기 좀 봐요')
    await composer(ann).press('Enter')

    await ben.getByText('나를 부른 메시지가 있음').waitFor()
    await ben.getByRole('status').getByRole('link', { name: '하늘 님이 나를 불렀습니다' }).click()
    await ben.waitForURL(`**/r/${roomId}`)
    await bubble(ben, '@도윤 여기 좀 봐요').locator('.named').waitFor()
    expect(await ann.locator('.named').count()).toBe(0)
  })

  it('offer others no way to edit them', async () => {
    const { ann, ben } = await twoInRoom('남의 말')
    await say(ann, '제 말이에요')
    await settled(ben, 1)
    await bubble(ben, '제 말이에요').hover()
    await bubble(ben, '제 말이에요').getByRole('button', { name: '메시지 메뉴' }).click()
    const menu = ben.getByRole('dialog', { name: '메시지 메뉴' })
    await menu.getByRole('button', { name: '답장' }).waitFor()
    expect(await menu.getByRole('button', { name: '수정' }).count()).toBe(0)
    expect(await menu.getByRole('button', { name: '삭제' }).count()).toBe(0)
    await ben.keyboard.press('Escape')
    await menu.waitFor({ state: 'detached' })
  })

  it('show that they are being written, and who is there', async () => {
    const { ann, ben } = await twoInRoom('입력')
    await ann.getByText('2명 접속 중').waitFor()
    await composer(ben).pressSequentially('음')
    await ann.getByText('도윤 님이 입력하고 있습니다').waitFor()
    expect(await ben.getByText('입력하고 있습니다').count()).toBe(0)
    await composer(ben).press('Enter')
    await ann.getByText('입력하고 있습니다').waitFor({ state: 'detached' })
  })

  it('are found by two syllables inside a word, and lead to their place', async () => {
    const { ann, roomId } = await twoInRoom('검색')
    await say(ann, '어제 채팅방에서 봤어요')
    await settled(ann, 1)
    await ann.getByRole('link', { name: '메시지 검색' }).click()
    await ann.getByRole('searchbox').fill('팅방')
    await ann.locator('mark', { hasText: '팅방' }).click()
    await ann.waitForURL(new RegExp(`/r/${roomId}@`))
    await ann.getByRole('log').getByText('어제 채팅방에서 봤어요').waitFor()
  })
})
