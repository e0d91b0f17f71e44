/** The pictures of the README, taken of the real thing; `PICTURES` says where to keep them. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { logIn, openRoom, settled } from './browser'
import { scene } from './scene'
import { useChat } from './setup'

const chat = useChat()
const folder = process.env.PICTURES ?? tmpdir()

it.each([
  ['room', { colorScheme: 'light', viewport: { width: 1120, height: 700 } }],
  ['phone', { colorScheme: 'dark', viewport: { width: 375, height: 700 } }],
] as const)('takes the picture of the %s', async (name, options) => {
  const { people, roomId, messageIds } = await scene(chat.api())
  const page = await chat.page({ ...options, reducedMotion: 'reduce' })
  await logIn(page, people[0])
  await openRoom(page, roomId)
  await settled(page, messageIds.length)
  await page.getByRole('button', { name: '보내기' }).waitFor()
  await page.mouse.move(0, 0)
  const picture = await page.screenshot({ path: join(folder, `${name}.png`), caret: 'hide' })
  expect(picture.length).toBeGreaterThan(10_000)
})
