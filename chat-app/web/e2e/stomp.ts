/** STOMP by hand from inside a page: for what the client would never send. */
import type { Page } from 'playwright-core'

/**
 * Opens a session of its own, sends frames given as `COMMAND\nheader:value\n\nbody`, and returns all frames that came
 * until the server closed or the receipt `end` came.
 */
export function speakStomp(page: Page, token: string, frames: string[]): Promise<string[]> {
  return page.evaluate(
    ({ token, frames }) =>
      new Promise<string[]>((resolve) => {
        const received: string[] = []
        const socket = new WebSocket(`ws://${location.host}/ws-connect`, ['v12.stomp'])
        const send = (frame: string) => socket.send(`${frame}\0`)
        socket.onopen = () => send(`CONNECT\naccept-version:1.2\nhost:chat\nAuthorization:Bearer ${token}\n\n`)
        socket.onclose = () => resolve(received)
        socket.onmessage = ({ data }: MessageEvent<string>) => {
          const frame = data.replace(/\0\n*$/, '').trimStart()
          if (!frame) return
          received.push(frame)
          if (frame.startsWith('CONNECTED')) frames.forEach(send)
          if (/^RECEIPT\n(.*\n)*receipt-id:end$/m.test(frame)) socket.close()
        }
      }),
    { token, frames },
  )
}
