import { describe, expect, it } from 'vitest'
import { tidied } from './account'
import { codeInLink } from './invites'

describe('the code of an invitation', () => {
  it.each([
    ['https://chat.example/join/aB3_-x', 'aB3_-x'],
    ['/join/aB3_-x?from=mail#top', 'aB3_-x'],
    ['/join/aB3_-x/', 'aB3_-x'],
    ['/login', undefined],
    ['aB3_-x', undefined],
  ])('is found in %s', (link, code) => {
    expect(codeInLink(link)).toBe(code)
  })

  it('may be given as a link or alone', () => {
    const form = { name: ' 하늘 ', email: ' sky@example.com ', password: ' kept as it is ' }
    const tidy = { name: '하늘', email: 'sky@example.com', password: ' kept as it is ', invite: 'aB3' }
    expect(tidied({ ...form, invite: ' https://chat.example/join/aB3 ' })).toEqual(tidy)
    expect(tidied({ ...form, invite: ' aB3 ' })).toEqual(tidy)
  })
})
