/** The first run, and looking after a service. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { PASSWORD } from './api'
import { objections } from './axe'
import { logIn, openRoom } from './browser'
import { useChat } from './setup'

describe('the first run', () => {
  const chat = useChat(() => ({}), { fresh: true })

  it('makes an administrator of who can read the log, and is over then', async () => {
    // Colours that fade from one theme to the other would be judged half-way.
    const page = await chat.page({ reducedMotion: 'reduce' })
    await page.goto('/')
    await page.getByRole('heading', { name: '처음 오셨네요' }).waitFor()
    for (const theme of ['밝게', '어둡게']) {
      await page.getByText(theme).click()
      expect(await objections(page), theme).toEqual([])
    }
    await page.getByLabel('확인 코드').fill('notthecodenotthe')
    await page.getByLabel('서비스 이름').fill('동네 사랑방')
    await page.getByLabel('이름', { exact: true }).fill('돌보는 이')
    await page.getByLabel('이메일').fill('admin@example.com')
    await page.getByLabel('비밀번호').fill(PASSWORD)
    await page.getByRole('button', { name: '시작하기' }).click()
    await page.getByRole('alert').waitFor()
    await page.getByLabel('확인 코드').fill(await chat.setupCode())
    await page.getByRole('button', { name: '시작하기' }).click()
    await page.getByRole('heading', { name: '관리', level: 1 }).waitFor()
    await page.getByRole('navigation').getByText('동네 사랑방').waitFor()

    const second = await chat.page()
    await second.goto('/setup')
    await second.waitForURL('**/login')
    await second.getByText('동네 사랑방').waitFor()
    await logIn(second, { email: 'admin@example.com', name: '', token: '' })
  })
})

describe('the console', () => {
  const chat = useChat()

  it('keeps a member out, and says who did it', async () => {
    const ann = await chat.api().signUp('말썽꾼')
    const [page, other] = [await chat.page(), await chat.page()]
    await logIn(other, ann)
    await logIn(page, chat.admin())
    await page.getByTitle('프로필 메뉴').click()
    await page.getByRole('link', { name: '관리' }).click()
    await page.getByText('사용자', { exact: true }).first().waitFor()
    await page.getByRole('link', { name: '사용자' }).click()
    await page.getByRole('searchbox').fill('말썽')
    await page.getByLabel('말썽꾼 더 보기').click()
    await page.getByRole('button', { name: '이용 제한', exact: true }).click()
    await page.getByText('이용 제한', { exact: false }).first().waitFor()
    await other.getByRole('button', { name: '로그인' }).waitFor()
    await page.getByRole('link', { name: '기록' }).click()
    await page.getByRole('cell', { name: 'BAN', exact: true }).waitFor()
  })

  it('finds a room, says whose it is, and ends it', async () => {
    const ann = await chat.api().signUp('하늘')
    const roomId = await chat.api().createRoom(ann, '없어질 방')
    await chat.api().createRoom(ann, '남을 방')
    const [page, other] = [await chat.page(), await chat.page()]
    await logIn(other, ann)
    await openRoom(other, roomId)
    await logIn(page, chat.admin())
    await page.goto('/console/rooms')
    await page.getByText('남을 방').waitFor()
    await page.getByRole('searchbox').fill('없어질')
    await page.getByText('남을 방').waitFor({ state: 'detached' })
    await page.getByText('방장 하늘').waitFor()
    await page.getByLabel('없어질 방 더 보기').click()
    await page.getByRole('button', { name: '채팅방 삭제' }).click()
    await page.getByRole('dialog').getByRole('button', { name: '채팅방 삭제' }).click()
    await page.getByText('맞는 채팅방이 없습니다').waitFor()
    await other.getByText('이 채팅방에서 나왔습니다').or(other.getByText('채팅방이 없습니다')).first().waitFor()
    expect(await chat.api().status(`/chat/room/${roomId}`, 'GET', ann)).toBe(404)
  })

  it('is for administrators only', async () => {
    const page = await chat.page()
    await logIn(page, await chat.api().signUp('하늘'))
    await page.goto('/console')
    await page.waitForURL((url) => url.pathname === '/')
  })

  it('closes the doors', async () => {
    const [page, guest] = [await chat.page(), await chat.page()]
    await logIn(page, chat.admin())
    await page.goto('/console/settings')
    await page.getByText('받지 않음').click()
    await page.getByLabel('게스트 허용').uncheck()
    await page.getByRole('button', { name: '저장' }).click()
    await page.getByText('저장했습니다').waitFor()
    await guest.goto('/login')
    await guest.getByRole('button', { name: '로그인' }).waitFor()
    expect(await guest.getByRole('button', { name: '게스트로 시작' }).count()).toBe(0)
    expect(await guest.getByRole('link', { name: '회원가입' }).count()).toBe(0)
  })
})

describe('registration by invitation', () => {
  const chat = useChat()

  it('takes the code of a room, alone or in its link, and leads into that room', async () => {
    const still = { reducedMotion: 'reduce' } as const
    const [page, ann, ben] = [await chat.page(), await chat.page(still), await chat.page()]
    const roomId = await chat.api().createRoom(chat.admin(), '우리 동네')
    const code = await chat.api().invite(chat.admin(), roomId, {})
    await logIn(page, chat.admin())
    await page.goto('/console/settings')
    await page.getByText('초대받은 사람').click()
    await page.getByRole('button', { name: '저장' }).click()
    await page.getByText('저장했습니다').waitFor()

    await ann.goto('/signup')
    await ann.getByText('초대받은 분만 가입할 수 있습니다').waitFor()
    for (const theme of ['밝게', '어둡게']) {
      await ann.getByText(theme).click()
      expect(await objections(ann), theme).toEqual([])
    }
    const fill = async (visitor: Page, email: string) => {
      await visitor.getByLabel('이름', { exact: true }).fill('새 이웃')
      await visitor.getByLabel('이메일').fill(email)
      await visitor.getByLabel('비밀번호').fill(PASSWORD)
    }
    await fill(ann, 'ann@example.com')
    await ann.getByLabel('초대 코드').fill('no-such-code')
    await ann.getByRole('button', { name: '회원가입' }).click()
    await ann.getByText('초대 코드가 맞지 않거나 기한이 지났습니다').waitFor()
    await ann.getByLabel('초대 코드').fill(`https://elsewhere.example/join/${code}`)
    await ann.getByRole('button', { name: '회원가입' }).click()
    await ann.getByRole('button', { name: '참여하기' }).click()
    await ann.waitForURL(`**/r/${roomId}`)

    await ben.goto(`/join/${code}`)
    await ben.getByRole('link', { name: '회원가입' }).click()
    expect(await ben.getByLabel('초대 코드').inputValue()).toBe(code)
    await fill(ben, 'ben@example.com')
    await ben.getByRole('button', { name: '회원가입' }).click()
    await ben.getByRole('heading', { name: '우리 동네' }).waitFor()
  })
})
