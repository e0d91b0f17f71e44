/** Two servers on one database, joined by Redis. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { composer, logIn, openRoom, say, settled, texts } from './browser'
import { type Server, startServer } from './server'
import { Postgres, Redis } from './services'
import { useChat } from './setup'

let redis: Redis
let postgres: Postgres
let second: Server
const settings = () => ({ CHAT_DATABASE_URL: postgres.url, CHAT_REDIS_URL: redis.url })

const chat = useChat(async () => {
  ;[redis, postgres] = await Promise.all([Redis.start(), Postgres.start()])
  return settings()
})
beforeAll(async () => {
  second = await startServer(settings())
})
afterAll(async () => {
  await second?.stop()
  await Promise.all([redis?.remove(), postgres?.remove()])
})

describe('two nodes', () => {
  it('are one service to those who use it, also without Redis for a while', { timeout: 90_000 }, async () => {
    const people = [await chat.api().signUp('하늘'), await chat.api().signUp('도윤')] as const
    const roomId = await chat.api().createRoom(people[0], '두 집', people[1])
    const [ann, ben] = [await chat.page(), await chat.page({}, second.url)]
    await logIn(ann, people[0])
    await openRoom(ann, roomId)
    await logIn(ben, people[1])
    await openRoom(ben, roomId)

    for (const page of [ann, ben]) await page.getByText('2명 접속 중').waitFor()

    await say(ann, '거기서도 들려요?')
    await settled(ben, 1)
    await say(ben, '잘 들려요')
    await settled(ann, 2)
    await composer(ann).pressSequentially('음')
    await ben.getByText('하늘 님이 입력하고 있습니다').waitFor()
    await composer(ann).press('Backspace')

    await redis.stop()
    await say(ann, '끊긴 동안 하나')
    await say(ben, '끊긴 동안 둘')
    await Promise.all([ann.locator('[data-seq]').nth(2).waitFor(), ben.locator('[data-seq]').nth(2).waitFor()])
    await redis.start()
    await say(ann, '다시')
    for (const page of [ann, ben]) await page.locator('[data-seq] .text').nth(4).waitFor({ timeout: 40_000 })
    for (const page of [ann, ben]) await page.getByText('2명 접속 중').waitFor({ timeout: 40_000 })
    const order = await texts(ann)
    expect(await texts(ben)).toEqual(order)
    expect([...order].sort()).toEqual(['거기서도 들려요?', '끊긴 동안 둘', '끊긴 동안 하나', '다시', '잘 들려요'])

    await ann.getByRole('button', { name: '참여자' }).click()
    await ann.getByLabel('도윤 더 보기').click()
    await ann.getByRole('button', { name: '내보내기', exact: true }).click()
    await ben.getByText('이 채팅방에서 나왔습니다').waitFor()
  })

  it('know who is at the other one, until a while after the last page of theirs is closed', { timeout: 120_000 }, async () => {
    const people = [await chat.api().signUp('하늘'), await chat.api().signUp('도윤')] as const
    const roomId = await chat.api().createRoom(people[0], '누가 있나', people[1])
    const [ann, ben] = [await chat.page(), await chat.page({}, second.url)]
    await logIn(ann, people[0])
    await openRoom(ann, roomId)
    await ann.getByText('1명 접속 중').waitFor()
    await ann.getByRole('button', { name: '참여자' }).click()
    const entry = ann.getByRole('dialog').getByRole('listitem').filter({ hasText: '도윤' })
    await entry.waitFor()
    expect(await entry.getByText('접속 중').count()).toBe(0)

    await logIn(ben, people[1])
    await openRoom(ben, roomId)
    await ben.getByText('2명 접속 중').waitFor()
    await entry.getByText('접속 중').waitFor({ state: 'attached' })
    // Who closes a page is away at once, and offline when the grace is over.
    await ben.close()
    await ann.getByText('1명 접속 중').waitFor({ timeout: 60_000 })
    await entry.getByText('접속 중').waitFor({ state: 'detached' })
  })
})
