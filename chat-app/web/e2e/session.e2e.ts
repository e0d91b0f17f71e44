/** Access tokens that live for seconds. */
import { describe, expect, it } from 'vitest'
import { logIn, openRoom, say, settled, texts } from './browser'
import { useChat } from './setup'

const chat = useChat(() => ({ CHAT_ACCESS_TOKEN_SECONDS: '5' }))

describe('an access token of five seconds', () => {
  it('is replaced before it ends, without a break in the conversation', { timeout: 60_000 }, async () => {
    const people = [await chat.api().signUp('하늘'), await chat.api().signUp('도윤')] as const
    const roomId = await chat.api().createRoom(people[0], '긴 통화', people[1])
    const page = await chat.page()
    let [sockets, renewals] = [0, 0]
    page.on('websocket', (socket) => {
      sockets++
      socket.on('framesent', ({ payload }) => (renewals += String(payload).includes('/app/session.renew') ? 1 : 0))
    })
    await logIn(page, people[0])
    await openRoom(page, roomId)
    const opened = sockets
    const end = Date.now() + 20_000
    const said: string[] = []
    while (Date.now() < end) {
      said.push(`아직 여기 ${said.length + 1}`)
      await say(page, said.at(-1)!)
      await settled(page, said.length)
      await page.waitForTimeout(500)
    }
    expect(await texts(page)).toEqual(said)
    expect(sockets, 'it is the connection that it began with').toBe(opened)
    expect(renewals).toBeGreaterThanOrEqual(4)
    expect(new URL(page.url()).pathname).toBe(`/r/${roomId}`)
  })
})
