/** What the server says in one order and arrives in another. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import type { Person } from './api'
import { composer, logIn, openRoom, say, settled, texts } from './browser'
import { overtaken } from './line'
import { useChat } from './setup'

const chat = useChat()

/** Somebody in a room, on a line that keeps back what is picked. */
async function inRoom(name: string, kept: (frame: string) => boolean, ...others: Person[]) {
  const ann = await chat.api().signUp('하늘')
  const roomId = await chat.api().createRoom(ann, name, ...others)
  const page = await chat.page()
  const release = await overtaken(page, kept)
  await logIn(page, ann)
  await openRoom(page, roomId)
  await page.getByText('1명 접속 중').waitFor()
  return { ann, page, roomId, release }
}

const isAbout = (destination: RegExp) => (frame: string) =>
  frame.startsWith('MESSAGE') && destination.test(/^destination:(.*)$/m.exec(frame)?.[1] ?? '')

const shown = (page: Page, text: string) => page.locator('[data-seq] .text', { hasText: text }).waitFor()

describe('what overtakes', () => {
  it('its own ack is one message', async () => {
    const { page, release } = await inRoom('먼저 온 말', isAbout(/queue.acks/))
    await say(page, '하나')
    await shown(page, '하나')
    await say(page, '둘')
    await shown(page, '둘')
    expect(await page.locator('.message').count()).toBe(2)
    release()
    await say(page, '셋')
    await shown(page, '셋')
    expect(await texts(page)).toEqual(['하나', '둘', '셋'])
    expect(await page.locator('.message').count()).toBe(3)
    expect(await page.getByText('보내는 중').count()).toBe(0)
  })

  it('the message it changes is not lost', async () => {
    const { ann, page, roomId, release } = await inRoom('먼저 온 수정', isAbout(/^.topic.room.\d+$/))
    const first = await chat.api().say(ann, roomId, '옛 글')
    await chat.api().edit(ann, first, '새 글')
    const second = await chat.api().say(ann, roomId, '지울 글')
    await chat.api().remove(ann, second)
    release()
    await shown(page, '새 글')
    await page.getByText('삭제된 메시지입니다').waitFor()
    await settled(page, 2)
    expect(await page.getByText('지울 글').and(page.locator('.text')).count()).toBe(0)
    expect((await texts(page))[0]).toBe('새 글')
  })
})

describe('while somebody writes', () => {
  it('the room ends, and says so', async () => {
    const { ann, page, roomId } = await inRoom('곧 없어질 방', () => false)
    await composer(page).fill('아직 쓰는')
    expect(await chat.api().status(`/chat/room/${roomId}`, 'DELETE', ann)).toBe(204)
    await page.getByRole('heading', { level: 1, name: /이 채팅방에서 나왔습니다|채팅방이 없습니다/ }).waitFor()
    expect(await composer(page).count()).toBe(0)
    expect(await page.getByRole('link', { name: '곧 없어질 방' }).count()).toBe(0)
  })

  it('another language is chosen, and nothing is lost', async () => {
    const { page } = await inRoom('두 말', () => false)
    await say(page, '먼저 한 말')
    await shown(page, '먼저 한 말')
    await composer(page).fill('쓰다 만 글')
    await page.getByTitle('프로필 메뉴').click()
    await page.getByText('English').click()
    const english = page.getByLabel('Message', { exact: true })
    await english.waitFor()
    expect(await english.inputValue()).toBe('쓰다 만 글')
    await english.press('Enter')
    await shown(page, '쓰다 만 글')
    expect(await texts(page)).toEqual(['먼저 한 말', '쓰다 만 글'])
  })
})
