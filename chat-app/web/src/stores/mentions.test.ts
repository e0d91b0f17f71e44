import { describe, expect, it } from 'vitest'
import type { Participant } from '../api/model'
import { nameOf, nameable, namingAt } from './mentions'

const person = (id: number, name: string) => ({ id, name, tag: `TAG00${id}` }) as Participant
const members = [person(1, '김하늘'), person(2, '이도윤'), person(3, '하늘'), person(4, '하늘')]

describe('naming', () => {
  it.each([
    ['@', 1, { from: 0, query: '' }],
    ['안녕 @하', 5, { from: 3, query: '하' }],
    ['@하늘 안녕', 2, { from: 0, query: '하' }],
    ['mail@하', 6, undefined],
    ['@하\n늘', 4, undefined],
    ['안녕', 2, undefined],
    ['@하', 0, undefined],
    [`@${'하'.repeat(33)}`, 34, undefined],
  ])('%j at %i is %j', (text, caret, naming) => expect(namingAt(text, caret)).toEqual(naming))

  it('offers who may be meant, names that begin so first, never oneself', () => {
    const ids = (query: string, me: number) => nameable(members, query, me).map(({ id }) => id)
    expect(ids('하', 3)).toEqual([4, 1])
    expect(ids('', 1)).toEqual([2, 3, 4])
    expect(ids('없는', 1)).toEqual([])
  })

  it('tells members of one name apart', () => {
    expect(nameOf(members[0]!, members)).toBe('@김하늘')
    expect(nameOf(members[3]!, members)).toBe('@하늘#TAG004')
  })
})
