/** How members look to others, who do not load anything anew. */
import { describe, expect, it } from 'vitest'
import { logIn, openRoom, settled } from './browser'
import { useChat } from './setup'

const chat = useChat()

describe('a member who changes', () => {
  it('the name and the picture looks new in rooms that are open and in lists', async () => {
    const [ann, ben] = [await chat.api().signUp('하늘'), await chat.api().signUp('도윤')]
    const roomId = await chat.api().createRoom(ann, '거울', ben)
    await chat.api().say(ben, roomId, '저 바뀌었어요')
    await chat.api().talkTo(ben, ann)
    const page = await chat.page()
    await logIn(page, ann)
    await openRoom(page, roomId)
    await settled(page, 1)
    await page.getByText('2명 · 1명 접속 중').waitFor()

    expect(await chat.api().status('/member/me', 'PATCH', ben, { name: '서준' })).toBe(200)
    await page.locator('p.sender', { hasText: '서준' }).waitFor()
    await page.getByRole('link', { name: '서준' }).waitFor()
    const url = await chat.api().setAvatar(ben, await page.screenshot())
    await page.locator(`p.sender img[src="${url}"]`).waitFor()
    await page.getByRole('link', { name: '서준' }).locator(`img[src="${url}"]`).waitFor()
    await page.getByRole('button', { name: '참여자' }).click()
    await page.getByRole('dialog').getByText('서준').waitFor()
  })
})
