/** A line that is slow, or cut in the middle of what somebody does. */
import type { Page, Route } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { composer, logIn, openRoom, say, settled, texts } from './browser'
import { late } from './line'
import { useChat } from './setup'

const chat = useChat()

async function inRoom(name: string): Promise<{ page: Page; roomId: number }> {
  const ann = await chat.api().signUp('하늘')
  const roomId = await chat.api().createRoom(ann, name)
  const page = await chat.page()
  await logIn(page, ann)
  await openRoom(page, roomId)
  return { page, roomId }
}

/** Cuts requests to what matches, until the returned function is called. */
async function cutting(page: Page, path: string, method: string): Promise<() => void> {
  let cut = true
  await page.route(path, (route: Route) =>
    cut && route.request().method() === method ? route.abort('connectionreset') : route.fallback(),
  )
  return () => (cut = false)
}

async function react(page: Page, emoji: string): Promise<void> {
  await page.getByRole('button', { name: '메시지 메뉴' }).first().click()
  await page.getByRole('dialog', { name: '메시지 메뉴' }).getByRole('button', { name: emoji }).click()
}

describe('a line that is cut', () => {
  it('during an upload leaves the file to be tried again', async () => {
    const { page } = await inRoom('올리는 중')
    const mend = await cutting(page, '**/file', 'POST')
    const file = { name: '회의록.txt', mimeType: 'text/plain', buffer: Buffer.from('적어 둔 것') }
    await page.locator('.composer input[type=file]').setInputFiles(file)
    await page.getByRole('alert').getByText('서버에 연결할 수 없습니다').waitFor()
    mend()
    await page.getByRole('button', { name: '다시 보내기: 회의록.txt' }).click()
    await page.getByRole('progressbar').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: '보내기', exact: true }).click()
    await page.getByRole('log').getByText('회의록.txt').waitFor()
    await settled(page, 1)
  })

  it('during an edit keeps what was written', async () => {
    const { page } = await inRoom('고치는 중')
    await say(page, '처음 쓴 글')
    await settled(page, 1)
    const mend = await cutting(page, '**/chat/message/*', 'PATCH')
    await composer(page).press('ArrowUp')
    await say(page, '고쳐 쓴 글')
    await page.getByRole('alert').getByText('서버에 연결할 수 없습니다').waitFor()
    expect(await composer(page).inputValue()).toBe('고쳐 쓴 글')
    expect(await texts(page)).toEqual(['처음 쓴 글'])
    mend()
    await composer(page).press('Enter')
    await page.locator('[data-seq] .text', { hasText: '고쳐 쓴 글' }).waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
  })

  it('during a reaction says that it was not taken', async () => {
    const { page } = await inRoom('좋아하는 중')
    await say(page, '좋은 말')
    await settled(page, 1)
    const mend = await cutting(page, '**/reactions/*', 'PUT')
    await react(page, '🎉')
    await page.getByRole('alert').getByText('서버에 연결할 수 없습니다').waitFor()
    mend()
    await react(page, '🎉')
    await page.getByRole('button', { name: '🎉 1개' }).waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
  })
})

describe('a line that swallows an answer', () => {
  it('is asked again, and given up at the second time', async () => {
    const ann = await chat.api().signUp('하늘')
    await chat.api().createRoom(ann, '기다림')
    const page = await chat.page()
    await page.clock.install()
    await logIn(page, ann)
    const list = '**/chat/room/group/list*'
    const room = page.getByRole('main').getByText('기다림')
    const again = page.getByRole('button', { name: '다시 시도' })

    async function openSwallowing(times: number): Promise<void> {
      await page.route(list, () => {}, { times })
      const asked = page.waitForRequest(list)
      await page.goto('/rooms')
      await asked
      const shown = () => page.clock.fastForward(15_000).then(() => room.or(again).count())
      await expect.poll(shown, { timeout: 25_000, interval: 500 }).toBe(1)
    }
    await openSwallowing(1)
    expect(await again.count()).toBe(0)
    await openSwallowing(2)
    await page.getByText('서버의 응답이 너무 늦습니다').waitFor()
    await again.click()
    await room.waitFor()
  })
})

describe('a line that is slow', () => {
  it('takes all that is done meanwhile, in the order of the writer', { timeout: 60_000 }, async () => {
    const { page } = await inRoom('먼 길')
    await late(page, 700)
    await page.reload()
    await page.getByRole('log').waitFor()
    const said = ['하나', '둘', '셋', '넷']
    for (const text of said) await say(page, text)
    await page.getByText('보내는 중').first().waitFor()
    await settled(page, said.length)
    await page.getByText('보내는 중').first().waitFor({ state: 'detached' })
    expect(await texts(page)).toEqual(said)

    // The second one does not wait for the answer to the first.
    await react(page, '👍')
    await react(page, '👀')
    await page.getByRole('button', { name: '👍 1개' }).waitFor()
    await page.getByRole('button', { name: '👀 1개' }).waitFor()
  })

  it('shows what happens while the room is still being fetched, once and as it is now', { timeout: 60_000 }, async () => {
    const ann = await chat.api().signUp('하늘')
    const roomId = await chat.api().createRoom(ann, '앞지르기')
    const changed = await chat.api().say(ann, roomId, '옛 글')
    const page = await chat.page()
    await logIn(page, ann)
    let release = () => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    // The page of history is as old as its request, and comes after what happened since.
    await page.route('**/chat/history/**', async (route) => {
      const answer = await route.fetch()
      await held
      await route.fulfill({ response: answer })
    })
    const request = page.waitForRequest('**/chat/history/**')
    await page.goto(`/r/${roomId}`)
    await request
    await chat.api().edit(ann, changed, '새 글')
    await chat.api().say(ann, roomId, '나중 말')
    release()
    await page.locator('[data-seq] .text', { hasText: '나중 말' }).waitFor()
    await page.locator('[data-seq] .text', { hasText: '새 글' }).waitFor()
    expect(await texts(page)).toEqual(['새 글', '나중 말'])
  })
})
