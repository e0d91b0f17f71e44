/** A page's way to the server, in the hands of a test. */
import type { Page, WebSocketRoute } from 'playwright-core'

/** Lets a test cut the page's WebSockets and keep them cut; SockJS would find its way around that, so it is blocked. */
export async function cuttable(page: Page) {
  let socket: WebSocketRoute | undefined
  let cut = false
  await page.route(/\/ws-connect\//, (route) => route.abort())
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

/** Lets nothing but SockJS through. */
export async function blockWebSockets(page: Page): Promise<void> {
  await page.routeWebSocket(/ws-connect/, (route) => void route.close())
}

/** Loses the first frame from the server that contains `text`, and the connection with it. */
export async function losingOnce(page: Page, text: string): Promise<void> {
  let lost = false
  await page.routeWebSocket(/ws-connect/, (route) => {
    const server = route.connectToServer()
    server.onMessage((frame) => {
      if (lost || !String(frame).includes(text)) return route.send(frame)
      lost = true
      void server.close()
      void route.close()
    })
  })
}

/** Keeps back what the server sends and `kept` picks, until the returned function is called; the rest overtakes it. */
export async function overtaken(page: Page, kept: (frame: string) => boolean): Promise<() => void> {
  let held: (() => void)[] | undefined = []
  await page.routeWebSocket(/ws-connect/, (route) => {
    const server = route.connectToServer()
    server.onMessage((frame) => {
      if (held && kept(String(frame))) held.push(() => route.send(frame))
      else route.send(frame)
    })
  })
  return () => {
    held?.forEach((pass) => pass())
    held = undefined
  }
}

/** Makes everything between the page and the server take so long, each way. */
export async function late(page: Page, ms: number): Promise<void> {
  const later = (act: () => void) => setTimeout(act, ms)
  await page.routeWebSocket(/ws-connect/, (route) => {
    const server = route.connectToServer()
    route.onMessage((frame) => later(() => server.send(frame)))
    server.onMessage((frame) => later(() => route.send(frame)))
  })
  await page.route(/\/(chat|file)\b/, (route) => later(() => void route.fallback()))
}

export const banner = (page: Page) => page.getByText('서버에 연결하는 중')
