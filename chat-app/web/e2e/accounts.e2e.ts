/** Coming in and going out: members, guests, and sessions that end. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { PASSWORD } from './api'
import { logIn, openRoom, say, settled, texts } from './browser'
import { useChat } from './setup'

const chat = useChat()

async function attempt(page: Page, email: string, password: string): Promise<string> {
  await page.goto('/login')
  await page.getByLabel('이메일').fill(email)
  await page.getByLabel('비밀번호').fill(password)
  await page.getByRole('button', { name: '로그인' }).click()
  return (await page.getByRole('alert').textContent())!
}

const profile = (page: Page) => page.getByTitle('프로필 메뉴')

describe('accounts', () => {
  it('are made, left and come back to', async () => {
    const page = await chat.page()
    const email = `${crypto.randomUUID()}@example.com`
    await page.goto('/signup')
    await page.getByLabel('이름').fill('김하늘')
    await page.getByLabel('이메일').fill(email)
    await page.getByLabel('비밀번호').fill(PASSWORD)
    await page.getByRole('button', { name: '회원가입' }).click()
    await profile(page).getByText('김하늘').waitFor()

    await profile(page).click()
    await page.getByRole('button', { name: '로그아웃' }).click()
    await page.waitForURL('**/login')
    await logIn(page, { email, name: '김하늘', token: '' })
    await profile(page).getByText('김하늘').waitFor()
  })

  it('do not show whether it was the address or the password', async () => {
    const { email } = await chat.api().signUp('하늘')
    const page = await chat.page()
    const wrongPassword = await attempt(page, email, 'not the password')
    expect(wrongPassword).toContain('이메일 또는 비밀번호가 맞지 않습니다')
    expect(await attempt(page, 'nobody@example.com', PASSWORD)).toBe(wrongPassword)
  })

  it('are not needed by guests, who stay the same over reloads and in other tabs', async () => {
    const owner = await chat.api().signUp('하늘')
    const roomId = await chat.api().createRoom(owner, '손님방')
    const page = await chat.page()
    await page.goto('/')
    await page.getByRole('button', { name: '게스트로 시작' }).click()
    await profile(page).waitFor()
    const name = await profile(page).locator('.who').textContent()
    expect(name).toMatch(/.+#\w{6}/)
    await page.goto('/rooms')
    await page.getByRole('button', { name: '참여: 손님방' }).click()
    await page.getByRole('log').waitFor()
    await say(page, '처음 뵙겠습니다')
    await settled(page, 1)

    const other = await page.context().newPage()
    await other.goto(`/r/${roomId}`)
    await page.reload()
    for (const tab of [page, other]) {
      await settled(tab, 1)
      expect(await texts(tab)).toEqual(['처음 뵙겠습니다'])
      expect(await profile(tab).locator('.who').textContent()).toBe(name)
    }
  })
})

describe('a session', () => {
  it('ends for everybody who has it when an old refresh token is shown again', async () => {
    const ann = await chat.api().signUp('하늘')
    const roomId = await chat.api().createRoom(ann, '도난')
    const page = await chat.page()
    await logIn(page, ann)
    await openRoom(page, roomId)
    const stolen = (await page.context().cookies()).find(({ name }) => name === 'refresh')!
    const refresh = () => page.evaluate(async () => (await fetch('/auth/refresh', { method: 'POST' })).status)
    expect(await refresh()).toBe(200)
    expect(await refresh()).toBe(200)

    const thief = await chat.page()
    await thief.context().addCookies([stolen])
    expect((await thief.request.post('/auth/refresh')).status()).toBe(401)
    await page.getByText('로그인이 만료되었습니다').waitFor()
    expect(await refresh()).toBe(401)
  })
})
