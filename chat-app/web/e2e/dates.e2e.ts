/** The days of a conversation, as its reader counts them. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { logIn, openRoom } from './browser'
import { useChat } from './setup'

const chat = useChat()

const LENGTH = 130
/** Half past three in the afternoon in London is half past midnight of the next day in Seoul. */
const NEWEST = Date.parse('2026-03-20T15:30:00Z')
const HOURS = 3_600_000

/** Lets a page believe that a room was written in over days: message by message, an hour apart. */
async function spread(page: Page): Promise<void> {
  await page.route('**/chat/history/**', async (route) => {
    const response = await route.fetch()
    const messages = (await response.json()) as { seq: number; createdAt: string }[]
    const newest = Number(response.headers()['x-last-seq'])
    for (const message of messages) {
      message.createdAt = new Date(NEWEST - (newest - message.seq) * HOURS).toISOString()
    }
    await route.fulfill({ response, json: messages })
  })
}

const days = (page: Page) => page.locator('li.day time').allTextContents()

describe('the days of a conversation', () => {
  it.each([
    ['ko', 'Asia/Seoul', '2026년 3월 21일 토요일'],
    ['en', 'America/New_York', 'Friday, March 20, 2026'],
  ])('are told once each, in the language %s and in %s', { timeout: 60_000 }, async (language, timezoneId, last) => {
    const ann = await chat.api().signUp('하늘')
    const roomId = await chat.api().createRoom(ann, '며칠')
    for (let n = 1; n <= LENGTH; n++) await chat.api().say(ann, roomId, `말 ${n}`)
    await chat.api().read(ann, roomId)
    const page = await chat.page({ timezoneId, viewport: { width: 900, height: 600 } })
    await spread(page)
    await logIn(page, ann)
    await page.evaluate((choice) => localStorage.setItem('locale', choice), language)
    await openRoom(page, roomId)
    await page.locator('li.day').last().getByText(last).waitFor()
    const first = await days(page)
    await page.getByRole('log').evaluate((log) => (log.scrollTop = 0))
    await page.waitForFunction((n) => document.querySelectorAll('li.day').length > n, first.length)
    const all = await days(page)
    expect(all.slice(-first.length)).toEqual(first)
    expect(new Set(all).size).toBe(all.length)
  })
})
