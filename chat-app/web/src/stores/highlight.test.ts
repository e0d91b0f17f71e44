import { expect, it } from 'vitest'
import { piecesOf } from './highlight'

const marked = (text: string, highlights: [number, number][]) =>
  piecesOf(text, highlights)
    .map((piece) => (piece.found ? `[${piece.text}]` : piece.text))
    .join('')

it.each([
  ['채팅방에서', [[0, 2]], '[채팅]방에서'],
  ['떡볶이', [], '떡볶이'],
  ['볶음볶음', [[2, 4], [0, 2]], '[볶음][볶음]'],
  ['abcdef', [[1, 4], [2, 5]], 'a[bcd][e]f'],
  ['abc', [[1, 9]], 'a[bc]'],
] as [string, [number, number][], string][])('marks what was found in %s', (text, highlights, expected) => {
  expect(marked(text, highlights)).toBe(expected)
})
