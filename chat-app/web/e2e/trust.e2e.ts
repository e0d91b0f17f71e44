/** What the server does not take a client's word for. */
import { describe, expect, it } from 'vitest'
import { logIn, openRoom, settled, texts } from './browser'
import { useChat } from './setup'
import { speakStomp } from './stomp'

const chat = useChat()

describe('a client of its own making', () => {
  it('cannot speak in the name of somebody else', async () => {
    const [ann, eve] = [await chat.api().signUp('하늘'), await chat.api().signUp('이브')]
    const roomId = await chat.api().createRoom(ann, '사칭', eve)
    const page = await chat.page()
    await logIn(page, ann)
    await openRoom(page, roomId)
    const body = { roomId, message: '저는 하늘입니다', clientMessageId: crypto.randomUUID(), senderId: 1, senderEmail: ann.email, senderName: '하늘' }
    const frames = await speakStomp(page, eve.token, [
      `SEND\ndestination:/app/chat.sendMessage\nreceipt:end\n\n${JSON.stringify(body)}`,
    ])
    expect(frames.at(-1)).toContain('RECEIPT')
    await settled(page, 1)
    expect(await texts(page)).toEqual(['저는 하늘입니다'])
    expect(await page.locator('.sender .name').textContent()).toBe('이브')
  })

  it('cannot go around the service to a topic, nor listen where it is no member', async () => {
    const [ann, eve] = [await chat.api().signUp('하늘'), await chat.api().signUp('이브')]
    const roomId = await chat.api().createRoom(ann, '닫힌 방')
    const page = await chat.page()
    await logIn(page, ann)
    await openRoom(page, roomId)
    const send = (destination: string) => `SEND\ndestination:${destination}\nreceipt:end\n\n{"message":"끼어들기"}`
    for (const destination of [`/topic/room/${roomId}`, `/sub/channel/${roomId}`, '/user/1/queue/rooms']) {
      expect((await speakStomp(page, eve.token, [send(destination)])).at(-1), destination).toMatch(/^ERROR/)
    }
    const listen = `SUBSCRIBE\nid:1\ndestination:/topic/room/${roomId}\nreceipt:end\n\n`
    const heard = await speakStomp(page, eve.token, [listen])
    expect(heard.at(-1)).toMatch(/^ERROR/)
    expect(heard.some((frame) => frame.startsWith('MESSAGE'))).toBe(false)
    expect(await texts(page)).toEqual([])
  })
})
