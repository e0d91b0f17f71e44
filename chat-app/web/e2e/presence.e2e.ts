/** Who is there, and who is writing. */
import { describe, expect, it } from 'vitest'
import { composer, logIn, openRoom } from './browser'
import { useChat } from './setup'

const chat = useChat()

describe('presence', () => {
  it('counts people, not tabs, outlasts a reload and ends a while after the last tab', { timeout: 90_000 }, async () => {
    const people = [await chat.api().signUp('하늘'), await chat.api().signUp('도윤')] as const
    const roomId = await chat.api().createRoom(people[0], '출석', people[1])
    const [ann, ben] = [await chat.page(), await chat.page()]
    await logIn(ann, people[0])
    await openRoom(ann, roomId)
    await logIn(ben, people[1])
    await openRoom(ben, roomId)
    const both = ann.getByText('2명 접속 중')
    await both.waitFor()

    // Every other count that was ever on the page from now on.
    await ann.evaluate(() => {
      const others: string[] = []
      Object.assign(window, { others })
      new MutationObserver(() => {
        const found = /(\d+)명 접속 중/.exec(document.body.textContent ?? '')?.[0]
        if (found && found !== '2명 접속 중') others.push(found)
      }).observe(document.body, { subtree: true, childList: true, characterData: true })
    })
    const second = await ben.context().newPage()
    await openRoom(second, roomId)
    await ben.reload()
    await ben.getByText('2명 접속 중').waitFor()
    await ben.close()
    await second.getByText('2명 접속 중').waitFor()
    expect(await ann.evaluate(() => (window as unknown as { others: string[] }).others)).toEqual([])

    await second.close()
    await ann.getByText('1명 접속 중').waitFor({ timeout: 60_000 })
  })

  it('tells those who look elsewhere from those who read', async () => {
    const people = [await chat.api().signUp('가람'), await chat.api().signUp('나래')] as const
    const roomId = await chat.api().createRoom(people[0], '딴 데 보기', people[1])
    const [ann, ben] = [await chat.page(), await chat.page()]
    await logIn(ann, people[0])
    await openRoom(ann, roomId)
    await logIn(ben, people[1])
    await openRoom(ben, roomId)
    await ann.getByRole('button', { name: '참여자' }).click()
    const entry = ann.getByRole('dialog').getByRole('listitem').filter({ hasText: '나래' })
    await entry.getByText('접속 중').waitFor({ state: 'attached' })
    // Headless pages are always in front.
    const hide = (hidden: boolean) =>
      ben.evaluate((value) => {
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => value })
        document.dispatchEvent(new Event('visibilitychange'))
      }, hidden)
    await hide(true)
    await entry.getByText('자리 비움').waitFor({ state: 'attached' })
    await hide(false)
    await entry.getByText('접속 중').waitFor({ state: 'attached' })
  })

  it('shows that somebody writes to the others, until it is over', async () => {
    const people = [await chat.api().signUp('하늘'), await chat.api().signUp('도윤')] as const
    const roomId = await chat.api().createRoom(people[0], '쓰는 중', people[1])
    const [ann, ben] = [await chat.page(), await chat.page()]
    await logIn(ann, people[0])
    await openRoom(ann, roomId)
    await logIn(ben, people[1])
    await openRoom(ben, roomId)
    const line = ben.getByText('하늘 님이 입력하고 있습니다')

    await composer(ann).pressSequentially('음')
    await line.waitFor()
    expect(await ann.getByText('입력하고 있습니다').count()).toBe(0)
    await composer(ann).press('Backspace')
    await line.waitFor({ state: 'detached', timeout: 5_000 })

    await composer(ann).pressSequentially('그')
    await line.waitFor()
    // Nobody types any more, and nobody says so.
    await line.waitFor({ state: 'detached', timeout: 9_000 })

    await composer(ann).pressSequentially('래')
    await line.waitFor()
    await composer(ann).press('Enter')
    await line.waitFor({ state: 'detached', timeout: 5_000 })
  })
})
