/** What members change about themselves. */
import { describe, expect, it } from 'vitest'
import { PASSWORD } from './api'
import { logIn } from './browser'
import { useChat } from './setup'

const chat = useChat()

describe('settings', () => {
  it('make an account of a guest, who stays the same member', async () => {
    const page = await chat.page()
    await page.goto('/')
    await page.getByRole('button', { name: '게스트로 시작' }).click()
    await page.getByRole('button', { name: '새 채팅방' }).first().click()
    await page.getByLabel('채팅방 이름').fill('내 방')
    await page.getByRole('dialog').getByRole('button', { name: '채팅방 만들기' }).click()
    await page.goto('/settings')
    await page.getByLabel('이름').fill('머무는 손님')
    await page.getByRole('button', { name: '저장' }).click()
    await page.getByText('저장했습니다').waitFor()

    const email = `${crypto.randomUUID()}@example.com`
    await page.getByLabel('이메일').fill(email)
    await page.getByLabel('비밀번호').fill(PASSWORD)
    await page.getByRole('button', { name: '계정 만들기' }).click()
    await page.getByRole('button', { name: '비밀번호 바꾸기' }).waitFor()

    await page.context().clearCookies()
    await logIn(page, { email, name: '', token: '' })
    await page.getByRole('link', { name: '내 방' }).waitFor()
    await page.getByText('머무는 손님').first().waitFor()
  })

  it('end a session elsewhere, which says so once and returns after a login', async () => {
    const ann = await chat.api().signUp('하늘')
    const roomId = await chat.api().createRoom(ann, '돌아올 방')
    const [desk, phone] = [await chat.page(), await chat.page({ userAgent: 'Mozilla/5.0 (Android 15) Firefox/140.0' })]
    await logIn(desk, ann)
    await logIn(phone, ann)
    await phone.goto(`/r/${roomId}`)
    await phone.getByRole('log').waitFor()

    await desk.goto('/settings')
    await desk.getByRole('button', { name: '로그아웃: Firefox · Android' }).click()
    await phone.getByText('로그인이 만료되었습니다').waitFor()
    await phone.getByLabel('이메일').fill(ann.email)
    await phone.getByLabel('비밀번호').fill(PASSWORD)
    await phone.getByRole('button', { name: '로그인' }).click()
    await phone.waitForURL(`**/r/${roomId}`)
    await phone.getByRole('log').waitFor()
    expect(await phone.getByText('로그인이 만료되었습니다').count()).toBe(0)
  })

  it('give a member all that is kept of it', async () => {
    const page = await chat.page({ acceptDownloads: true })
    await logIn(page, await chat.api().signUp('하늘'))
    await page.goto('/settings')
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: '내보내기' }).click()
    expect((await download).suggestedFilename()).toBe('chat-export.zip')
  })

  it('change the password, and delete the account with it', async () => {
    const ann = await chat.api().signUp('하늘')
    const page = await chat.page()
    await logIn(page, ann)
    await page.goto('/settings')
    await page.getByLabel('현재 비밀번호').fill('not this one')
    await page.getByLabel('새 비밀번호').fill('another long password')
    await page.getByRole('button', { name: '비밀번호 바꾸기' }).click()
    await page.getByText('비밀번호가 맞지 않습니다').waitFor()
    await page.getByLabel('현재 비밀번호').fill(PASSWORD)
    await page.getByRole('button', { name: '비밀번호 바꾸기' }).click()
    await page.getByText('저장했습니다').waitFor()

    await page.getByRole('button', { name: '계정 삭제' }).click()
    await page.getByRole('dialog').getByLabel('비밀번호').fill('another long password')
    await page.getByRole('dialog').getByRole('button', { name: '계정 삭제' }).click()
    await page.waitForURL('**/login')
    await page.reload()
    await page.getByRole('button', { name: '로그인' }).waitFor()
  })
})
