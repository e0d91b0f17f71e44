/** What a server with its own limits allows, and how that is told. */
import { describe, expect, it } from 'vitest'
import { composer, logIn, openRoom, say, settled, texts } from './browser'
import { useChat } from './setup'

const chat = useChat(() => ({ CHAT_SEND_RATE: '10/10/20' }))

describe('limits', () => {
  it('keep what was said too fast, say so, and let it be sent later', { timeout: 90_000 }, async () => {
    const ann = await chat.api().signUp('하늘')
    const roomId = await chat.api().createRoom(ann, '빠른 말')
    const page = await chat.page()
    await logIn(page, ann)
    await openRoom(page, roomId)
    const said = Array.from({ length: 25 }, (_, index) => `빠른 말 ${index + 1}`)
    for (const text of said) await say(page, text)
    await page.getByText('너무 빨리 보냈습니다').first().waitFor()
    await settled(page, 25)
    expect((await texts(page)).sort()).toEqual([...said].sort())
    expect(await page.getByText('너무 빨리 보냈습니다').count()).toBe(0)
  })

  it('stop a message that is too long before it is sent', async () => {
    const ann = await chat.api().signUp('하늘')
    const roomId = await chat.api().createRoom(ann, '긴 말')
    const page = await chat.page()
    await logIn(page, ann)
    await openRoom(page, roomId)
    await composer(page).fill('가'.repeat(4_001))
    await page.getByText('1자 초과').waitFor()
    expect(await page.getByRole('button', { name: '보내기' }).isDisabled()).toBe(true)
    await composer(page).press('Enter')
    expect(await page.getByRole('log').locator('.text').count()).toBe(0)
    const body = { roomId, message: '가'.repeat(4_001), clientMessageId: crypto.randomUUID() }
    expect(await chat.api().status(`/chat/room/${roomId}/messages`, 'POST', ann, body)).toBe(413)

    await composer(page).fill('가'.repeat(4_000))
    await composer(page).press('Enter')
    await settled(page, 1)
  })
})
