/** Who gets into a room, and out of it. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { logIn, openRoom } from './browser'
import { useChat } from './setup'

const chat = useChat()

describe('membership', () => {
  it('takes the password of a room that is locked', async () => {
    const [ann, ben] = [await chat.page(), await chat.page()]
    await logIn(ann, await chat.api().signUp('하늘'))
    await ann.getByRole('button', { name: '새 채팅방' }).first().click()
    const dialog = ann.getByRole('dialog')
    await dialog.getByLabel('채팅방 이름').fill('비밀 모임')
    await dialog.getByLabel('비밀번호로 잠그기').check()
    await dialog.getByLabel('채팅방 비밀번호').fill('열려라 참깨')
    await dialog.getByRole('button', { name: '채팅방 만들기' }).click()
    await ann.getByRole('heading', { name: '비밀 모임' }).waitFor()

    await logIn(ben, await chat.api().signUp('도윤'))
    await ben.goto('/rooms')
    await ben.getByRole('button', { name: '참여: 비밀 모임' }).click()
    await ben.getByLabel('채팅방 비밀번호').fill('닫혀라 참깨')
    await ben.getByRole('dialog').getByRole('button', { name: '참여' }).click()
    await ben.getByText('비밀번호가 맞지 않습니다').waitFor()
    await ben.getByLabel('채팅방 비밀번호').fill('열려라 참깨')
    await ben.getByRole('dialog').getByRole('button', { name: '참여' }).click()
    await ben.getByRole('heading', { name: '비밀 모임' }).waitFor()
    await ann.getByText('님이 들어왔습니다').waitFor()
  })

  it('is not to be had around the password, nor by trying', async () => {
    const [ann, ben] = [await chat.api().signUp('하늘'), await chat.api().signUp('도윤')]
    const roomId = await chat.api().createLockedRoom(ann, '금고', '열려라 참깨')
    const join = `/chat/room/group/${roomId}/join`
    expect(await chat.api().status(join, 'POST', ben, {})).toBe(403)
    expect(await chat.api().status(`/chat/history/${roomId}`, 'GET', ben)).toBe(403)

    const page = await chat.page()
    await logIn(page, ben)
    await page.goto('/rooms')
    await page.getByRole('button', { name: '참여: 금고' }).click()
    const dialog = page.getByRole('dialog')
    const attempt = async (password: string, answer: string) => {
      await dialog.getByLabel('채팅방 비밀번호').fill(password)
      await dialog.getByRole('button', { name: '참여' }).click()
      await dialog.getByRole('alert').getByText(answer).waitFor()
    }
    for (let n = 1; n <= 5; n++) await attempt(`참깨 ${n}`, '비밀번호가 맞지 않습니다')
    await attempt('열려라 참깨', '요청이 너무 많습니다')
  })

  it('brings in who has a link, also as a guest', async () => {
    const owner = await chat.api().signUp('하늘')
    const roomId = await chat.api().createRoom(owner, '집들이')
    const [ann, guest] = [await chat.page({ permissions: ['clipboard-write'] }), await chat.page()]
    await logIn(ann, owner)
    await openRoom(ann, roomId)
    await ann.getByRole('button', { name: '참여자' }).click()
    await ann.getByRole('button', { name: '초대 링크 만들기' }).click()
    const link = await ann.getByLabel('초대 링크').inputValue()

    await guest.goto(link)
    await guest.getByRole('heading', { name: '집들이' }).waitFor()
    await guest.getByRole('button', { name: '게스트로 시작' }).click()
    await guest.waitForURL(`**/r/${roomId}`)
    await guest.getByRole('log').waitFor()

    const used = await chat.api().invite(owner, roomId, { maxUses: 1 })
    await chat.api().accept(await chat.api().signUp('먼저 온 사람'), used)
    for (const code of ['no-such-code', used]) {
      await guest.goto(`/join/${code}`)
      await guest.getByRole('heading', { name: '쓸 수 없는 초대입니다' }).waitFor()
    }
  })

  it('ends at once for who is removed, and for good for who is banned', async () => {
    const [owner, other] = [await chat.api().signUp('하늘'), await chat.api().signUp('도윤')]
    const roomId = await chat.api().createRoom(owner, '조용한 방', other)
    const [ann, ben] = [await chat.page(), await chat.page()]
    await logIn(ann, owner)
    await openRoom(ann, roomId)
    await logIn(ben, other)
    await openRoom(ben, roomId)
    const frames: string[] = []
    ben.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => frames.push(String(payload))))
    await ben.reload()
    await ben.getByRole('log').waitFor()
    await ann.getByRole('button', { name: '참여자' }).click()
    await ann.getByLabel('도윤 더 보기').click()
    await ann.getByRole('button', { name: '내보내고 막기' }).click()
    await ben.getByText('이 채팅방에서 나왔습니다').waitFor()
    await chat.api().say(owner, roomId, '우리끼리 하는 말')
    // Whatever comes after this came after that.
    await chat.api().createRoom(owner, '다른 방', other)
    await ben.getByRole('link', { name: '다른 방' }).waitFor()
    expect(frames.filter((frame) => frame.includes('우리끼리'))).toEqual([])
    await ben.goto('/rooms')
    await ben.getByRole('button', { name: '참여: 조용한 방' }).click()
    await ben.getByText('이 채팅방에 들어갈 수 없습니다').waitFor()
    expect(await ben.getByRole('link', { name: '조용한 방' }).count()).toBe(0)
  })

  it('passes the room on to the oldest member, and ends it with the last', async () => {
    const people = [await chat.api().signUp('하늘'), await chat.api().signUp('도윤')] as const
    const roomId = await chat.api().createRoom(people[0], '이어지는 방', people[1])
    const [ann, ben] = [await chat.page(), await chat.page()]
    await logIn(ann, people[0])
    await openRoom(ann, roomId)
    await logIn(ben, people[1])
    await openRoom(ben, roomId)
    const leave = async (page: Page) => {
      await page.getByRole('button', { name: '나가기' }).click()
      await page.getByRole('dialog').getByRole('button', { name: '나가기' }).click()
      await page.waitForURL((url) => url.pathname === '/')
    }
    await leave(ann)
    await ben.getByText('하늘 님이 나갔습니다').waitFor()
    await ben.getByRole('button', { name: '채팅방 설정' }).click()
    await ben.getByLabel('채팅방 이름').waitFor()
    await ben.keyboard.press('Escape')
    await leave(ben)
    for (const page of [ann, ben]) {
      await page.goto('/rooms')
      await page.getByRole('searchbox').fill('이어지는')
      await page.getByText('맞는 채팅방이 없습니다').waitFor()
    }
    expect(await chat.api().status(`/chat/room/${roomId}`, 'GET', people[0])).toBe(404)
  })

  it('is renamed and deleted by its owner', async () => {
    const owner = await chat.api().signUp('하늘')
    const roomId = await chat.api().createRoom(owner, '옛 이름')
    const page = await chat.page()
    await logIn(page, owner)
    await openRoom(page, roomId)
    await page.getByRole('button', { name: '채팅방 설정' }).click()
    await page.getByLabel('채팅방 이름').fill('새 이름')
    await page.getByRole('button', { name: '저장' }).click()
    await page.getByRole('heading', { name: '새 이름' }).waitFor()
    await page.getByRole('button', { name: '채팅방 설정' }).click()
    await page.getByRole('button', { name: '채팅방 삭제' }).click()
    await page.getByRole('button', { name: '채팅방 삭제' }).click()
    await page.waitForURL((url) => url.pathname === '/')
    await page.getByText('아직 참여한 채팅방이 없습니다').waitFor()
  })
})
