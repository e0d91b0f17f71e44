/** Logging in by an account elsewhere. */
import type { Page } from 'playwright-core'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { FakeProviders } from './provider'
import { useChat } from './setup'

const providers = new FakeProviders()
const chat = useChat(async () => ({ CHAT_PROVIDERS: (await providers.start()).setting }))
afterAll(() => providers.stop())
beforeEach(() => {
  providers.tamper = (state) => state
})

const through = (page: Page, name: string) => page.getByRole('link', { name: new RegExp(name) }).click()

/** Name and tag of who is logged in. */
async function self(page: Page): Promise<string> {
  const button = page.getByTitle('프로필 메뉴')
  await button.waitFor()
  return (await button.locator('.who').textContent())!.trim()
}

describe('an account elsewhere', () => {
  it.each([
    ['Google', { subject: '108', name: '구글이', email: 'goo@example.com', verified: true }],
    // Without an e-mail address, and with a picture that is not to be linked to.
    ['Kakao', { subject: '2024', name: '카카오' }],
    ['Naver', { subject: 'nid-77', name: '네이버', email: 'nav@example.com' }],
  ])('of %s leads in, to the same member each time and back to the page', async (name, account) => {
    providers.account = account
    const page = await chat.page()
    await page.goto('/people')
    await through(page, name)
    await page.waitForURL('**/people')
    const first = await self(page)
    expect(first).toContain(account.name)

    await page.context().clearCookies()
    await page.goto('/login')
    await through(page, name)
    expect(await self(page)).toBe(first)
    expect(await page.locator('img[src^="http:"]').count()).toBe(0)
  })

  it('is no way in with a state that is not the one given out', async () => {
    providers.tamper = (state) => `${state}x`
    const page = await chat.page()
    await page.goto('/login')
    await through(page, 'Google')
    await page.getByText('로그인 요청이 만료되었습니다').waitFor()
    expect(await page.context().cookies()).toEqual([])
    await page.reload()
    await page.getByRole('button', { name: '로그인' }).waitFor()
  })

  it('does not take over the account that has its address here', async () => {
    const owner = await chat.api().signUp('하늘')
    providers.account = { subject: '666', name: '가짜 하늘', email: owner.email, verified: true }
    const page = await chat.page()
    await page.goto('/login')
    await through(page, 'Google')
    await page.getByText('이미 가입된 이메일입니다').waitFor()
    expect(await page.context().cookies()).toEqual([])
  })
})
