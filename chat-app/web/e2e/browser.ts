/** A browser, and what people do in it. */
import { type Browser, type BrowserContext, type BrowserContextOptions, type Page, chromium } from 'playwright-core'
import { PASSWORD, type Person } from './api'

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS })
}

/** A context of its own: other cookies, other storage, another person. */
export async function newPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context: BrowserContext = await browser.newContext({ baseURL: url, locale: 'ko-KR', ...options })
  context.setDefaultTimeout(25_000)
  return context.newPage()
}

export async function logIn(page: Page, { email }: Person): Promise<void> {
  await page.goto('/login')
  await page.getByLabel('이메일').fill(email)
  await page.getByLabel('비밀번호').fill(PASSWORD)
  await page.getByRole('button', { name: '로그인' }).click()
  await page.getByRole('navigation').waitFor()
}

/** Opens a room and waits until its messages are there. */
export async function openRoom(page: Page, roomId: number): Promise<void> {
  await page.goto(`/r/${roomId}`)
  await page.getByRole('log').waitFor()
}

export const composer = (page: Page) => page.getByLabel('메시지 입력')

export async function say(page: Page, text: string): Promise<void> {
  await composer(page).fill(text)
  await composer(page).press('Enter')
}

/** The texts of the stored messages on the page, from top to bottom. */
export function texts(page: Page): Promise<string[]> {
  return page
    .locator('[data-seq] .text')
    .evaluateAll((rows) => rows.map(({ lastChild }) => lastChild?.textContent ?? ''))
}

/** Waits until `count` stored messages are on the page. */
export async function settled(page: Page, count: number): Promise<void> {
  await page.waitForFunction((n) => document.querySelectorAll('[data-seq]').length >= n, count)
}
