/** Two people find each other and talk. */
import { describe, expect, it } from 'vitest'
import { composer, logIn, openRoom, say, settled, texts } from './browser'
import { useChat } from './setup'

const chat = useChat()

describe('conversation', () => {
  it('brings a member and a guest together, each message once and in one order', async () => {
    const [ann, ben] = [await chat.page(), await chat.page()]

    await ann.goto('/signup')
    await ann.getByLabel('이름').fill('김하늘')
    await ann.getByLabel('이메일').fill('haneul@example.com')
    await ann.getByLabel('비밀번호').fill('a long password')
    await ann.getByRole('button', { name: '회원가입' }).click()
    await ann.getByRole('button', { name: '새 채팅방' }).first().click()
    await ann.getByLabel('채팅방 이름').fill('주말 등산')
    await ann.getByRole('dialog').getByRole('button', { name: '채팅방 만들기' }).click()
    await ann.getByRole('heading', { name: '주말 등산' }).waitFor()

    await ben.goto('/')
    await ben.getByRole('button', { name: '게스트로 시작' }).click()
    await ben.getByRole('link', { name: '채팅방 찾기' }).first().click()
    await ben.getByRole('searchbox').fill('등산')
    await ben.getByRole('button', { name: '참여: 주말 등산' }).click()
    await ben.getByRole('heading', { name: '주말 등산' }).waitFor()
    await ann.getByText('님이 들어왔습니다').waitFor()
    await ann.getByText('2명').waitFor()

    for (let turn = 1; turn <= 3; turn++) {
      await Promise.all([say(ann, `하늘 ${turn}`), say(ben, `손님 ${turn}`)])
    }
    await Promise.all([settled(ann, 6), settled(ben, 6)])
    const order = await texts(ann)
    expect(await texts(ben)).toEqual(order)
    expect([...order].sort()).toEqual(['손님 1', '손님 2', '손님 3', '하늘 1', '하늘 2', '하늘 3'])

    await ben.reload()
    await settled(ben, 6)
    expect(await texts(ben)).toEqual(order)
  })

  it('sends a composed syllable once', async () => {
    const owner = await chat.api().signUp('이도윤')
    const roomId = await chat.api().createRoom(owner, '입력기')
    const page = await chat.page()
    await logIn(page, owner)
    await openRoom(page, roomId)

    await composer(page).focus()
    const devtools = await page.context().newCDPSession(page)
    for (const text of ['ㅎ', '하', '한']) {
      await devtools.send('Input.imeSetComposition', { text, selectionStart: 1, selectionEnd: 1 })
    }
    // The Enter that ends the composition, as the input method sends it.
    const enter = { key: 'Enter', code: 'Enter' }
    await devtools.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', windowsVirtualKeyCode: 229, ...enter })
    await devtools.send('Input.insertText', { text: '한' })
    await devtools.send('Input.dispatchKeyEvent', { type: 'keyUp', windowsVirtualKeyCode: 13, ...enter })
    expect(await composer(page).inputValue()).toBe('한')

    await composer(page).press('Enter')
    await settled(page, 1)
    await say(page, '끝')
    await settled(page, 2)
    expect(await texts(page)).toEqual(['한', '끝'])
  })

  it('shows markup as text', async () => {
    const owner = await chat.api().signUp('박서연')
    const roomId = await chat.api().createRoom(owner, '<b>굵은 방</b>')
    const hostile = ['<img src=x onerror=alert(1)>', '<script>alert(2)</script>', 'javascript:alert(3)']
    for (const text of hostile) await chat.api().say(owner, roomId, text)

    const page = await chat.page()
    const incidents: string[] = []
    page.on('dialog', (dialog) => {
      incidents.push(dialog.message())
      void dialog.dismiss()
    })
    page.on('console', (line) => {
      if (/Content Security Policy/.test(line.text())) incidents.push(line.text())
    })
    await page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', ({ violatedDirective }) => console.log(`Content Security Policy: ${violatedDirective}`))
    })
    await logIn(page, owner)
    await openRoom(page, roomId)
    await settled(page, 3)
    await page.getByRole('heading', { name: '<b>굵은 방</b>' }).waitFor()
    expect(await texts(page)).toEqual(hostile)
    expect(await page.locator('main img, main script, main a[href^="javascript"]').count()).toBe(0)
    expect(incidents).toEqual([])
  })
})
