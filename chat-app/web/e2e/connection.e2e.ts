/** What happens when the way to the server is cut or narrow. */
import type { Page, WebSocketRoute } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { composer, logIn, openRoom, say, settled, texts } from './browser'
import { useChat } from './setup'

const chat = useChat()

/** Lets a test cut the page's WebSockets and keep them cut. */
async function cuttable(page: Page) {
  let socket: WebSocketRoute | undefined
  let cut = false
  await page.routeWebSocket(/ws-connect/, (route) => {
    if (cut) return void route.close()
    socket = route
    route.connectToServer()
  })
  return {
    cut: async () => {
      cut = true
      await socket?.close()
    },
    mend: () => (cut = false),
  }
}

const banner = (page: Page) => page.getByText('서버에 연결하는 중')
/** SockJS, which would find its way around the cut. */
const blockSockJs = (page: Page) => page.route(/\/ws-connect\//, (route) => route.abort())

describe('connection', () => {
  it('fills the gap of a lost one, once and in order', async () => {
    const [ann, ben] = [await chat.api().signUp('하늘'), await chat.api().signUp('도윤')]
    const roomId = await chat.api().createRoom(ann, '끊김', ben)
    const page = await chat.page()
    const line = await cuttable(page)
    await blockSockJs(page)
    await logIn(page, ben)
    await openRoom(page, roomId)
    await chat.api().say(ann, roomId, '끊기기 전')
    await settled(page, 1)

    await line.cut()
    for (let n = 1; n <= 5; n++) await chat.api().say(ann, roomId, `그동안 ${n}`)
    await say(page, '끊긴 채로 보냄')
    await banner(page).waitFor()
    line.mend()

    await settled(page, 7)
    await banner(page).waitFor({ state: 'detached' })
    await chat.api().say(ann, roomId, '이어진 뒤')
    await settled(page, 8)
    expect(await texts(page)).toEqual([
      '끊기기 전',
      ...Array.from({ length: 5 }, (_, index) => `그동안 ${index + 1}`),
      '끊긴 채로 보냄',
      '이어진 뒤',
    ])
  })

  it('keeps what could not be sent, and what was not finished, over a reload', async () => {
    const ann = await chat.api().signUp('하늘')
    const [roomId, other] = [await chat.api().createRoom(ann, '지하철'), await chat.api().createRoom(ann, '다른 방')]
    const page = await chat.page()
    const line = await cuttable(page)
    await blockSockJs(page)
    await logIn(page, ann)
    await openRoom(page, roomId)
    await line.cut()
    await say(page, '터널 안')
    await composer(page).fill('아직 쓰는 중')
    await page.reload()
    await page.getByText('터널 안').waitFor()

    line.mend()
    await settled(page, 1)
    expect(await texts(page)).toEqual(['터널 안'])
    expect(await composer(page).inputValue()).toBe('아직 쓰는 중')
    await openRoom(page, other)
    expect(await composer(page).inputValue()).toBe('')
  })

  it('goes by SockJS where no WebSocket gets through', { timeout: 60_000 }, async () => {
    const [ann, ben] = [await chat.api().signUp('하늘'), await chat.api().signUp('도윤')]
    const roomId = await chat.api().createRoom(ann, '좁은 길', ben)
    const page = await chat.page()
    await page.routeWebSocket(/ws-connect/, (route) => void route.close())
    await logIn(page, ben)
    await openRoom(page, roomId)
    await say(page, '들리나요')
    await settled(page, 1)
    await chat.api().say(ann, roomId, '잘 들려요')
    await settled(page, 2)
    expect(await texts(page)).toEqual(['들리나요', '잘 들려요'])
  })
})
