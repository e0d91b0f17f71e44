/** Conversations of two. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { logIn, say } from './browser'
import { useChat } from './setup'

const chat = useChat()

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

async function talkTo(page: Page, name: string): Promise<string> {
  await page.goto('/people')
  await page.getByRole('button', { name: `1:1 채팅: ${name}` }).click()
  await page.waitForURL('**/r/*')
  await page.getByRole('heading', { name, level: 1 }).waitFor()
  return page.url()
}

describe('a conversation of two', () => {
  it('has the picture of the other', async () => {
    const people = [await chat.api().signUp('가람'), await chat.api().signUp('나래')] as const
    const [ann, ben] = [await chat.page(), await chat.page()]
    await logIn(ben, people[1])
    await ben.goto('/settings')
    const picture = { name: 'me.png', mimeType: 'image/png', buffer: Buffer.from(PIXEL, 'base64') }
    await ben.getByRole('main').locator('input[type=file]').setInputFiles(picture)
    await ben.getByRole('button', { name: '사진 지우기' }).waitFor()

    await logIn(ann, people[0])
    await talkTo(ann, '나래')
    await ann.locator('main header img').waitFor()
    const entry = ann.getByRole('navigation').getByRole('link', { name: '나래' })
    expect(await entry.locator('img').getAttribute('src')).toMatch(/^\/file\//)
  })

  it('is one room however it is begun, has the name of the other and can be hidden, not left', async () => {
    const people = [await chat.api().signUp('하늘'), await chat.api().signUp('도윤')] as const
    const [ann, ben] = [await chat.page(), await chat.page()]
    await logIn(ann, people[0])
    await logIn(ben, people[1])
    const both = await Promise.all([talkTo(ann, '도윤'), talkTo(ben, '하늘')])
    expect(new Set([...both, await talkTo(ann, '도윤')]).size).toBe(1)

    await say(ann, '잘 지내요?')
    await ben.getByRole('log').getByText('잘 지내요?').waitFor()
    expect(await ann.getByRole('button', { name: '나가기' }).count()).toBe(0)
    await ann.getByRole('button', { name: '숨기기' }).click()
    const entry = ann.getByRole('navigation').getByRole('link', { name: '도윤' })
    await entry.waitFor({ state: 'detached' })
    await ann.reload()
    await ann.getByRole('navigation').waitFor()
    await ann.getByText('아직 참여한 채팅방이 없습니다').waitFor()
    await say(ben, '네, 잘 지내요')
    await entry.waitFor()
  })
})
