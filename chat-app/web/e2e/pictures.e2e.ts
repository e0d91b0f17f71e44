/** The pictures of the README, taken of the real thing; `PICTURES` says where to keep them. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Person } from './api'
import { logIn, openRoom, settled } from './browser'
import { useChat } from './setup'

const chat = useChat()
const folder = process.env.PICTURES ?? tmpdir()

const TALK: [speaker: number, text: string][] = [
  [0, '이번 주 토요일 어때요?'],
  [0, '북한산 백운대 코스 생각하고 있어요. 왕복 네 시간쯤 걸린대요.'],
  [1, '좋아요!'],
  [1, '몇 시에 어디서 만날까요'],
  [2, '저는 아침 8시 구파발역 2번 출구가 편해요'],
  [0, '그럼 8시에 봐요'],
  [1, '김밥은 제가 싸 갈게요'],
  [2, '물이랑 간식은 각자 챙기는 걸로!'],
]

async function scene(): Promise<{ ann: Person; roomId: number }> {
  const people = await Promise.all(['김하늘', '이도윤', '박서연'].map((name) => chat.api().signUp(name)))
  const [ann, ben, eve] = people as [Person, Person, Person]
  const books = await chat.api().createRoom(eve, '소설 읽는 저녁', ann)
  await chat.api().say(eve, books, '다음 주까지 3장 읽어 오세요')
  await chat.api().createRoom(ben, '점심 뭐 먹지', ann)
  const roomId = await chat.api().createRoom(ann, '주말 등산', ben, eve)
  for (const [speaker, text] of TALK) await chat.api().say(people[speaker]!, roomId, text)
  for (const person of people) await chat.api().read(person, roomId)
  return { ann, roomId }
}

it.each([
  ['room', { colorScheme: 'light', viewport: { width: 1120, height: 700 } }],
  ['phone', { colorScheme: 'dark', viewport: { width: 375, height: 700 } }],
] as const)('takes the picture of the %s', async (name, options) => {
  const { ann, roomId } = await scene()
  const page = await chat.page({ ...options, reducedMotion: 'reduce' })
  await logIn(page, ann)
  await openRoom(page, roomId)
  await settled(page, TALK.length)
  await page.getByRole('button', { name: '보내기' }).waitFor()
  await page.mouse.move(0, 0)
  const picture = await page.screenshot({ path: join(folder, `${name}.png`), caret: 'hide' })
  expect(picture.length).toBeGreaterThan(10_000)
})
