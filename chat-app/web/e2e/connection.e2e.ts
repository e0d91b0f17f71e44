/** What happens when the way to the server is cut or narrow. */
import { describe, expect, it } from 'vitest'
import type { Person } from './api'
import { composer, logIn, openRoom, say, settled, texts } from './browser'
import { banner, blockWebSockets, cuttable, losingOnce } from './line'
import { useChat } from './setup'

const chat = useChat()

const MEANWHILE = Array.from({ length: 5 }, (_, index) => `그동안 ${index + 1}`)

async function twoPeople(roomName: string): Promise<{ ann: Person; ben: Person; roomId: number }> {
  const [ann, ben] = [await chat.api().signUp('하늘'), await chat.api().signUp('도윤')]
  return { ann, ben, roomId: await chat.api().createRoom(ann, roomName, ben) }
}

/** Ann writes five messages, changes one and takes one back. */
async function stir(ann: Person, roomId: number, edited: number, deleted: number): Promise<void> {
  for (const text of MEANWHILE) await chat.api().say(ann, roomId, text)
  await chat.api().edit(ann, edited, '고친 말')
  await chat.api().remove(ann, deleted)
}

describe('connection', () => {
  it('fills the gap of a lost one, once and in order', async () => {
    const { ann, ben, roomId } = await twoPeople('끊김')
    const page = await chat.page()
    const line = await cuttable(page)
    await logIn(page, ben)
    await openRoom(page, roomId)
    const [edited, deleted] = [
      await chat.api().say(ann, roomId, '고칠 말'),
      await chat.api().say(ann, roomId, '지울 말'),
    ]
    await settled(page, 2)

    await line.cut()
    await stir(ann, roomId, edited, deleted)
    await say(page, '끊긴 채로 보냄')
    await banner(page).waitFor()
    line.mend()

    await settled(page, 8)
    await banner(page).waitFor({ state: 'detached' })
    await chat.api().say(ann, roomId, '이어진 뒤')
    await settled(page, 9)
    await page.locator('.text', { hasText: '고친 말' }).waitFor()
    expect(await texts(page)).toEqual(['고친 말', '삭제된 메시지입니다', ...MEANWHILE, '끊긴 채로 보냄', '이어진 뒤'])
  })

  it('keeps what could not be sent, and what was not finished, over a reload', async () => {
    const ann = await chat.api().signUp('하늘')
    const [roomId, other] = [await chat.api().createRoom(ann, '지하철'), await chat.api().createRoom(ann, '다른 방')]
    const page = await chat.page()
    const line = await cuttable(page)
    await logIn(page, ann)
    await openRoom(page, roomId)
    await line.cut()
    await say(page, '터널 안')
    await say(page, '아직 터널 안')
    await composer(page).fill('아직 쓰는 중')
    await page.reload()
    await page.locator('.text').nth(1).waitFor()

    line.mend()
    await settled(page, 2)
    expect(await texts(page)).toEqual(['터널 안', '아직 터널 안'])
    expect(await composer(page).inputValue()).toBe('아직 쓰는 중')
    await openRoom(page, other)
    expect(await composer(page).inputValue()).toBe('')
  })

  it('stores a message once whose first acknowledgement was lost', async () => {
    const { ann, ben, roomId } = await twoPeople('잃은 답')
    const [page, other] = [await chat.page(), await chat.page()]
    await losingOnce(page, 'queue/acks')
    await logIn(page, ann)
    await openRoom(page, roomId)
    await logIn(other, ben)
    await openRoom(other, roomId)
    await say(page, '들렸나요')
    await settled(other, 1)
    await settled(page, 1)
    await say(page, '한 번 더')
    for (const tab of [page, other]) {
      await settled(tab, 2)
      expect(await texts(tab)).toEqual(['들렸나요', '한 번 더'])
    }
    expect(await page.getByText('보내지 못함').count()).toBe(0)
  })

  it('gives up after a while, and leaves it to the writer what then', { timeout: 60_000 }, async () => {
    const { ann, roomId } = await twoPeople('포기')
    const page = await chat.page()
    const line = await cuttable(page)
    await logIn(page, ann)
    await openRoom(page, roomId)
    await line.cut()
    await say(page, '보낼 말')
    await say(page, '버릴 말')
    const failed = page.getByText('보내지 못함')
    await failed.nth(1).waitFor({ timeout: 15_000 })
    await page.reload()
    await failed.nth(1).waitFor()
    const row = page.getByRole('listitem').filter({ hasText: '버릴 말' })
    await row.getByRole('button', { name: '삭제' }).click()
    await row.waitFor({ state: 'detached' })

    line.mend()
    await settled(page, 1)
    expect(await texts(page)).toEqual(['보낼 말'])
    expect(await failed.count()).toBe(0)
  })
})

describe('where no WebSocket gets through', () => {
  it('goes by SockJS, with the same promises', { timeout: 60_000 }, async () => {
    const { ann, ben, roomId } = await twoPeople('좁은 길')
    const page = await chat.page()
    await blockWebSockets(page)
    await logIn(page, ben)
    await openRoom(page, roomId)
    await say(page, '들리나요')
    await settled(page, 1)
    const [edited, deleted] = [
      await chat.api().say(ann, roomId, '고칠 말'),
      await chat.api().say(ann, roomId, '지울 말'),
    ]
    await settled(page, 3)

    let blocked = true
    await page.route(/\/ws-connect\//, (route) => (blocked ? route.abort() : route.fallback()))
    await page.context().setOffline(true)
    await stir(ann, roomId, edited, deleted)
    await page.getByText('인터넷에 연결되어 있지 않습니다').waitFor({ timeout: 40_000 })
    blocked = false
    await page.context().setOffline(false)
    await settled(page, 8)
    await page.locator('.text', { hasText: '고친 말' }).waitFor()
    expect(await texts(page)).toEqual(['들리나요', '고친 말', '삭제된 메시지입니다', ...MEANWHILE])
  })
})
