/** Pictures of every screen, in both themes and three widths, to be looked at; `SCREENS` says where to keep them. */
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { beforeAll, describe, it } from 'vitest'
import type { Person } from './api'
import { banner, cuttable } from './line'
import { composer, logIn, openRoom, settled } from './browser'
import { type Scene, scene } from './scene'
import { useChat } from './setup'

const THEMES = ['light', 'dark'] as const
const WIDTHS = [360, 768, 1440]
const folder = process.env.SCREENS ?? join(tmpdir(), 'chat-screens')

const still = { reducedMotion: 'reduce' } as const

async function shoot(page: Page, name: string, shown: Locator): Promise<void> {
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

describe('the first run', () => {
  const chat = useChat(() => ({}), { fresh: true })

  it('is shown', async () => {
    const page = await chat.page(still)
    await page.goto('/')
    await shoot(page, 'setup', page.getByLabel('확인 코드'))
  })
})

describe('screens', () => {
  const chat = useChat()
  let given: Scene
  beforeAll(async () => {
    given = await scene(chat.api())
    const report = `/chat/message/${given.messageIds[1]}/report`
    await chat.api().status(report, 'POST', given.people[1], { reason: '산악회 광고 같습니다' })
  })

  async function pageOf(person: Person): Promise<Page> {
    const page = await chat.page({ ...still, viewport: { width: 1440, height: 900 } })
    await logIn(page, person)
    return page
  }

  it('of visitors', async () => {
    const page = await chat.page(still)
    const code = await chat.api().invite(given.people[0], given.roomId, {})
    await page.goto('/login')
    await shoot(page, 'login', page.getByRole('button', { name: '로그인' }))
    await page.getByLabel('이메일').fill('nobody@example.com')
    await page.getByLabel('비밀번호').fill('wrong horse battery')
    await page.getByRole('button', { name: '로그인' }).click()
    await shoot(page, 'login-refused', page.getByRole('alert'))
    await page.goto('/signup')
    await shoot(page, 'signup', page.getByLabel('이메일'))
    await page.goto(`/join/${code}`)
    await shoot(page, 'invite', page.getByRole('heading', { name: '주말 등산' }))
    await page.goto('/join/nothing')
    await shoot(page, 'invite-gone', page.getByRole('heading', { name: '쓸 수 없는 초대' }))
    await page.route('**/info', (route) => route.abort())
    await page.goto('/login')
    await shoot(page, 'server-down', page.getByRole('heading', { name: '연결할 수 없습니다' }))
  })

  it('of a new member', async () => {
    const page = await pageOf(await chat.api().signUp('새 이웃'))
    await shoot(page, 'home-empty', page.getByText('아직 참여한 채팅방이 없습니다'))
    await page.goto('/r/999999')
    await shoot(page, 'room-gone', page.getByRole('heading', { name: '채팅방이 없습니다' }))
    await page.goto(`/r/${given.roomId}`)
    await shoot(page, 'room-not-member', page.getByRole('heading', { name: '참여하지 않은' }))
    await page.goto('/nowhere')
    await shoot(page, 'not-found', page.getByRole('heading', { name: '찾을 수 없습니다' }))
  })

  it('of a member', async () => {
    const page = await pageOf(given.people[0])
    const main = page.getByRole('main')
    await shoot(page, 'home', main)
    await page.getByTitle('프로필 메뉴').click()
    await shoot(page, 'profile-menu', page.getByRole('button', { name: '로그아웃' }))
    for (const [path, shown] of [
      ['rooms', main.getByText('주말 등산')],
      ['people', main.getByText('이도윤')],
      ['search', main.getByText('무엇을 찾을까요')],
      ['settings', main.getByText('계정 삭제')],
    ] as const) {
      await page.goto(`/${path}`)
      await shoot(page, path, shown)
    }
    await page.goto('/search')
    await page.getByRole('searchbox').fill('구파발')
    await shoot(page, 'search-found', main.getByText('박서연'))
    await page.getByRole('searchbox').fill('없는말')
    await shoot(page, 'search-none', main.getByText('검색 결과가 없습니다'))
    await page.goto('/rooms')
    await main.getByRole('button', { name: '새 채팅방' }).click()
    await page.getByLabel('비밀번호로 잠그기').check()
    await shoot(page, 'room-new', page.getByLabel('채팅방 비밀번호'))
    await page.route('**/chat/room/group/list*', (route) => route.abort())
    await page.goto('/rooms')
    await shoot(page, 'rooms-failed', main.getByRole('button', { name: '다시 시도' }))
  })

  it('of a conversation', async () => {
    const [ann, ben] = given.people
    const page = await pageOf(ann)
    const line = await cuttable(page)
    await openRoom(page, given.roomId)
    await settled(page, given.messageIds.length)
    await shoot(page, 'room', page.getByRole('log'))
    await page.getByRole('button', { name: '메시지 메뉴' }).nth(2).click()
    await shoot(page, 'room-menu', page.getByRole('dialog', { name: '메시지 메뉴' }))
    await page.getByRole('dialog', { name: '메시지 메뉴' }).getByRole('button', { name: '신고' }).click()
    await shoot(page, 'report', page.getByLabel('신고하는 이유'))
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: '참여자' }).click()
    await page.getByLabel('이도윤 더 보기').click()
    await shoot(page, 'room-members', page.getByRole('button', { name: '방장 넘기기' }))
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: '채팅방 설정' }).click()
    await shoot(page, 'room-settings', page.getByLabel('채팅방 이름'))
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: '나가기' }).click()
    await shoot(page, 'room-leave', page.getByRole('dialog'))
    await page.keyboard.press('Escape')
    await line.cut()
    await composer(page).fill('터널이라 안 가네요')
    await composer(page).press('Enter')
    await shoot(page, 'room-cut', banner(page))
    const other = await pageOf(ben)
    await openRoom(other, await chat.api().createRoom(ben, '아무도 없는 방'))
    await shoot(other, 'room-empty', other.getByText('대화의 시작입니다'))
  })

  it('of an administrator', async () => {
    const page = await pageOf(chat.admin())
    const main = page.getByRole('main')
    for (const [part, shown] of [
      ['overview', main.locator('dl')],
      ['users', main.getByText('이도윤')],
      ['rooms', main.getByText('주말 등산')],
      ['reports', main.getByRole('article')],
      ['settings', main.getByLabel('서비스 이름')],
      ['audit', main.locator('table, .none')],
    ] as const) {
      await page.goto(`/console/${part}`)
      await shoot(page, `console-${part}`, shown)
    }
  })
})
