/** What members report, and what administrators do about it. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { logIn, openRoom } from './browser'
import { useChat } from './setup'

const chat = useChat()

async function report(page: Page, name: string, reason: string): Promise<void> {
  await page.getByRole('button', { name: '신고', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: `${name} 님 신고` })
  await dialog.getByLabel('신고하는 이유').fill(reason)
  await dialog.getByRole('button', { name: '신고' }).click()
  await dialog.getByText('신고했습니다').waitFor()
  await dialog.getByRole('button', { name: '닫기' }).click()
  await dialog.waitFor({ state: 'detached' })
}

describe('reports', () => {
  it('show what was said as it was, and are seen to', { timeout: 60_000 }, async () => {
    const [ann, ben] = [await chat.api().signUp('하늘'), await chat.api().signUp('말썽꾼')]
    const roomId = await chat.api().createRoom(ann, '시끄러운 방', ben)
    const messageId = await chat.api().say(ben, roomId, '나쁜 말')
    const [member, admin] = [await chat.page(), await chat.page()]
    await logIn(member, ann)
    await member.goto('/people')
    await member.getByLabel('말썽꾼 더 보기').click()
    await report(member, '말썽꾼', '아무에게나 그럽니다')
    await openRoom(member, roomId)
    await member.getByRole('button', { name: '메시지 메뉴' }).click()
    await report(member, '말썽꾼', '욕설입니다')
    await member.getByRole('button', { name: '참여자' }).click()
    await member.getByLabel('말썽꾼 더 보기').click()
    await report(member, '말썽꾼', '여러 번 그랬습니다')
    await chat.api().edit(ben, messageId, '착한 말')

    await logIn(admin, chat.admin())
    await admin.goto('/console/reports')
    const ofMessage = admin.getByRole('article', { name: '말썽꾼 님의 메시지' })
    await ofMessage.getByText('나쁜 말').waitFor()
    await ofMessage.getByText('욕설입니다').waitFor()
    await ofMessage.getByText('신고한 사람: 하늘').waitFor()
    await ofMessage.getByRole('button', { name: '메시지 삭제' }).click()
    await ofMessage.waitFor({ state: 'detached' })
    await member.getByText('삭제된 메시지입니다').waitFor()

    const other = await chat.page()
    await logIn(other, ben)
    const ofMember = admin.getByRole('article', { name: '말썽꾼 님', exact: true })
    await ofMember.getByRole('button', { name: '이용 제한' }).click()
    await admin.getByText('처리할 신고가 없습니다').waitFor()
    await other.getByRole('button', { name: '로그인' }).waitFor()

    await admin.getByText('처리한 신고').click()
    await ofMessage.waitFor()
    await ofMember.waitFor()
    expect(await admin.getByRole('button', { name: '처리 완료' }).count()).toBe(0)
  })
})
