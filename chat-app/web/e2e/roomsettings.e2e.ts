/** What members set in a room for themselves, and owners for all. */
import { describe, expect, it } from 'vitest'
import { logIn, openRoom } from './browser'
import { useChat } from './setup'

const chat = useChat()

describe('settings of a room', () => {
  it('are each member\'s own as to notices', async () => {
    const [owner, other] = [await chat.api().signUp('하늘'), await chat.api().signUp('도윤')]
    const roomId = await chat.api().createRoom(owner, '조용히', other)
    const page = await chat.page()
    await logIn(page, other)
    await openRoom(page, roomId)
    await page.getByRole('button', { name: '채팅방 설정' }).click()
    expect(await page.getByLabel('채팅방 이름').count()).toBe(0)
    await page.getByText('받지 않음').click()
    await page.getByRole('navigation').getByText('알림을 받지 않는 방').waitFor({ state: 'attached' })
    await page.reload()
    await page.getByRole('button', { name: '채팅방 설정' }).click()
    await page.getByRole('radio', { name: '받지 않음', checked: true }).waitFor({ state: 'attached' })
  })

  it('are the owner\'s as to who sees what, and for how long', async () => {
    const [owner, other] = [await chat.api().signUp('하늘'), await chat.api().signUp('도윤')]
    const roomId = await chat.api().createRoom(owner, '숨은 방')
    await chat.api().say(owner, roomId, '먼저 한 말')
    const [ann, ben] = [await chat.page(), await chat.page()]
    await logIn(ann, owner)
    await openRoom(ann, roomId)
    await ann.getByRole('button', { name: '채팅방 설정' }).click()
    const dialog = ann.getByRole('dialog', { name: '채팅방 설정' })
    await dialog.getByText('들어온 뒤부터').click()
    await dialog.getByLabel('메시지 보관').selectOption('30일 뒤 삭제')
    await dialog.getByLabel('채팅방 찾기에 보이기').uncheck()
    await dialog.getByRole('button', { name: '저장' }).click()
    await dialog.waitFor({ state: 'detached' })

    await ann.reload()
    await ann.getByRole('button', { name: '채팅방 설정' }).click()
    expect(await dialog.getByLabel('메시지 보관').locator('option:checked').textContent()).toBe('30일 뒤 삭제')
    expect(await dialog.getByLabel('들어온 뒤부터').isChecked()).toBe(true)

    await logIn(ben, other)
    await ben.goto('/rooms')
    await ben.getByRole('searchbox').fill('숨은')
    await ben.getByText('맞는 채팅방이 없습니다').waitFor()
    await chat.api().accept(other, await chat.api().invite(owner, roomId, {}))
    await openRoom(ben, roomId)
    await chat.api().say(owner, roomId, '나중에 한 말')
    await ben.getByRole('log').getByText('나중에 한 말').waitFor()
    expect(await ben.getByRole('log').getByText('먼저 한 말').count()).toBe(0)
  })
})
