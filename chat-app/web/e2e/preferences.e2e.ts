/** Language and theme. */
import { describe, expect, it } from 'vitest'
import { useChat } from './setup'

const chat = useChat()

describe('preferences', () => {
  it.each([
    ['ko-KR', '로그인'],
    ['en-US', 'Log in'],
  ])('starts in the language of a %s browser', async (locale, login) => {
    const page = await chat.page({ locale })
    await page.goto('/')
    await page.getByRole('button', { name: login }).waitFor()
  })

  it('keeps the language that was chosen', async () => {
    const page = await chat.page()
    await page.goto('/login')
    await page.getByText('English').click()
    await page.getByRole('button', { name: 'Log in' }).waitFor()
    await page.reload()
    await page.getByRole('button', { name: 'Log in' }).waitFor()
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
    await page.getByText('한국어').click()
    await page.reload()
    await page.getByRole('button', { name: '로그인' }).waitFor()
  })

  it('follows the system theme until one is chosen, and keeps it', async () => {
    const page = await chat.page({ colorScheme: 'light' })
    const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)
    await page.goto('/login')
    const light = await background()
    await page.emulateMedia({ colorScheme: 'dark' })
    const dark = await background()
    expect(dark).not.toBe(light)

    await page.emulateMedia({ colorScheme: 'light' })
    await page.getByText('어둡게').click()
    expect(await background()).toBe(dark)
    await page.reload()
    await page.getByText('어둡게').waitFor()
    expect(await background()).toBe(dark)
  })
})
