/** The client as an installed app: without a network, and without an open page. */
import { describe, expect, it } from 'vitest'
import { logIn } from './browser'
import { useChat } from './setup'

const chat = useChat()

describe('installed', () => {
  it('shows itself without a network, and goes on when there is one', async () => {
    const page = await chat.page()
    await page.goto('/login')
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
    await page.context().setOffline(true)
    await page.goto('/people')
    await page.getByText('서버에 연결할 수 없습니다').first().waitFor()
    await page.context().setOffline(false)
    await page.getByRole('button', { name: '다시 시도' }).click()
    await page.getByRole('button', { name: '로그인' }).waitFor()
  })

  it('shows a notification of what it is pushed', async () => {
    const ann = await chat.api().signUp('하늘')
    const page = await chat.page({ permissions: ['notifications'] })
    await logIn(page, ann)
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
    const devtools = await page.context().newCDPSession(page)
    const registration = new Promise<string>((resolve) =>
      devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
        const [found] = registrations
        if (found) resolve(found.registrationId)
      }),
    )
    await devtools.send('ServiceWorker.enable')
    await devtools.send('ServiceWorker.deliverPushMessage', {
      origin: new URL(page.url()).origin,
      registrationId: await registration,
      data: JSON.stringify({ title: '도윤', body: '거기 있어요?', roomId: 7 }),
    })
    const shown = await page.waitForFunction(async () => {
      const [notice] = await (await navigator.serviceWorker.ready).getNotifications()
      return notice && { title: notice.title, body: notice.body, tag: notice.tag }
    })
    expect(await shown.jsonValue()).toEqual({ title: '도윤', body: '거기 있어요?', tag: 'room-7' })
  })
})
