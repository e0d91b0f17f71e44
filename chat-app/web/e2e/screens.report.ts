/** Pictures of every screen, in both languages and themes and three widths, to be looked at; `SCREENS` says where to keep them. */
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { beforeAll, describe, it } from 'vitest'
import type { Person } from './api'
import { cuttable } from './line'
import { logIn, openRoom, settled } from './browser'
import { en } from '../src/i18n/en'
import { ko } from '../src/i18n/ko'
import { type Scene, scene } from './scene'
import { useChat } from './setup'

const THEMES = ['light', 'dark'] as const
const WIDTHS = [360, 768, 1440]
const folder = process.env.SCREENS ?? join(tmpdir(), 'chat-screens')

const LANGUAGES = [
  { locale: 'ko', w: ko },
  { locale: 'en', w: en },
] as const

const still = { reducedMotion: 'reduce' } as const

async function take(page: Page, name: string, shown: Locator): Promise<void> {
  await shown.first().waitFor()
  for (const colorScheme of THEMES) {
    for (const width of WIDTHS) {
      await page.emulateMedia({ colorScheme, ...still })
      await page.setViewportSize({ width, height: width < 768 ? 720 : 900 })
      await page.mouse.move(0, 0)
      await page.screenshot({ path: join(folder, `${name}-${colorScheme}-${width}.png`), caret: 'hide' })
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 })
}

beforeAll(() => mkdir(folder, { recursive: true }))

describe.each(LANGUAGES)('the first run in $locale', ({ locale, w }) => {
  const chat = useChat(() => ({}), { fresh: true })

  it('is shown', async () => {
    const page = await chat.page({ ...still, locale })
    await page.goto('/')
    await take(page, `${locale}-setup`, page.getByLabel(w.setup.code))
  })
})

describe.each(LANGUAGES)('screens in $locale', ({ locale, w }) => {
  const chat = useChat()
  const shoot = (page: Page, name: string, shown: Locator) => take(page, `${locale}-${name}`, shown)
  let given: Scene
  beforeAll(async () => {
    given = await scene(chat.api())
    const report = `/chat/message/${given.messageIds[1]}/report`
    await chat.api().status(report, 'POST', given.people[1], { reason: '산악회 광고 같습니다' })
  })

  async function pageOf(person: Person): Promise<Page> {
    const page = await chat.page({ ...still, viewport: { width: 1440, height: 900 } })
    await logIn(page, person)
    await page.addInitScript((chosen) => localStorage.setItem('locale', chosen), locale)
    await page.goto('/')
    return page
  }

  it('of visitors', async () => {
    const page = await chat.page({ ...still, locale })
    const code = await chat.api().invite(given.people[0], given.roomId, {})
    await page.goto('/login')
    await shoot(page, 'login', page.getByRole('button', { name: w.auth.login }))
    await page.getByLabel(w.auth.email).fill('nobody@example.com')
    await page.getByLabel(w.auth.password).fill('wrong horse battery')
    await page.getByRole('button', { name: w.auth.login }).click()
    await shoot(page, 'login-refused', page.getByRole('alert'))
    await page.goto('/signup')
    await shoot(page, 'signup', page.getByLabel(w.auth.email))
    await page.goto(`/join/${code}`)
    await shoot(page, 'invite', page.getByRole('heading', { name: '주말 등산' }))
    await page.goto('/join/nothing')
    await shoot(page, 'invite-gone', page.getByRole('heading', { name: w.invite.goneTitle }))
    await page.route('**/info', (route) => route.abort())
    await page.goto('/login')
    await shoot(page, 'server-down', page.getByRole('heading', { name: w.state.downTitle }))
  })

  it('of a new member', async () => {
    const page = await pageOf(await chat.api().signUp('새 이웃'))
    await shoot(page, 'home-empty', page.getByText(w.rooms.empty))
    await page.goto('/r/999999')
    await shoot(page, 'room-gone', page.getByRole('heading', { name: w.state.roomGoneTitle }))
    await page.goto(`/r/${given.roomId}`)
    await shoot(page, 'room-not-member', page.getByRole('heading', { name: w.state.notMemberTitle }))
    await page.goto('/nowhere')
    await shoot(page, 'not-found', page.getByRole('heading', { name: w.state.notFoundTitle }))
  })

  it('of a member', async () => {
    const page = await pageOf(given.people[0])
    const main = page.getByRole('main')
    await shoot(page, 'home', main)
    await page.getByTitle(w.profile.menu).click()
    await shoot(page, 'profile-menu', page.getByRole('button', { name: w.profile.logout }))
    for (const [path, shown] of [
      ['rooms', main.getByText('주말 등산')],
      ['people', main.getByText('이도윤')],
      ['search', main.getByText(w.search.none)],
      ['settings', main.getByRole('heading', { name: w.settings.account })],
    ] as const) {
      await page.goto(`/${path}`)
      await shoot(page, path, shown)
    }
    await page.goto('/search')
    await page.getByRole('searchbox').fill('구파발')
    await shoot(page, 'search-found', main.getByText('박서연'))
    await page.getByRole('searchbox').fill('없는말')
    await shoot(page, 'search-none', main.getByRole('button', { name: w.action.clear }))
    await page.goto('/rooms')
    await main.getByRole('button', { name: w.nav.newRoom }).click()
    await page.getByLabel(w.rooms.lock).check()
    await shoot(page, 'room-new', page.getByLabel(w.rooms.password))
    await page.route('**/chat/room/group/list*', (route) => route.abort())
    await page.goto('/rooms')
    await shoot(page, 'rooms-failed', main.getByRole('button', { name: w.action.retry }))
  })

  it('of a conversation', async () => {
    const [ann, ben] = given.people
    const page = await pageOf(ann)
    const line = await cuttable(page)
    await openRoom(page, given.roomId)
    await settled(page, given.messageIds.length)
    await shoot(page, 'room', page.getByRole('log'))
    await page.getByRole('button', { name: w.message.menu }).nth(2).click()
    await shoot(page, 'room-menu', page.getByRole('dialog', { name: w.message.menu }))
    await page.getByRole('dialog', { name: w.message.menu }).getByRole('button', { name: w.report.report }).click()
    await shoot(page, 'report', page.getByLabel(w.report.reason))
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: w.room.members }).click()
    await page.getByLabel(w.action.moreOf.replace('{name}', '이도윤')).click()
    await shoot(page, 'room-members', page.getByRole('button', { name: w.room.makeOwner }))
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: w.room.settings }).click()
    await shoot(page, 'room-settings', page.getByLabel(w.rooms.name))
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: w.room.leave }).click()
    await shoot(page, 'room-leave', page.getByRole('dialog'))
    await page.keyboard.press('Escape')
    await line.cut()
    await page.getByLabel(w.composer.label, { exact: true }).fill('터널이라 안 가네요')
    await page.getByLabel(w.composer.label, { exact: true }).press('Enter')
    await shoot(page, 'room-cut', page.getByText(w.connection.connecting))
    const other = await pageOf(ben)
    await openRoom(other, await chat.api().createRoom(ben, '아무도 없는 방'))
    await shoot(other, 'room-empty', other.getByText(w.room.beginning))
  })

  it('of an administrator', async () => {
    const page = await pageOf(chat.admin())
    const main = page.getByRole('main')
    for (const [part, shown] of [
      ['overview', main.locator('dl')],
      ['users', main.getByText('이도윤')],
      ['rooms', main.getByText('주말 등산')],
      ['reports', main.getByRole('article')],
      ['settings', main.getByLabel(w.setup.siteName)],
      ['audit', main.locator('table, .none')],
    ] as const) {
      await page.goto(`/console/${part}`)
      await shoot(page, `console-${part}`, shown)
    }
  })
})
