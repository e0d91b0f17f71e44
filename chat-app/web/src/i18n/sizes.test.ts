import { expect, it } from 'vitest'
import { locale } from '../stores/preferences'
import { fileSize } from './sizes'

it.each([
  [0, '0 byte'],
  [999, '1,000 byte'],
  [340_400, '340 kB'],
  [2_410_000, '2.4 MB'],
])('%i octets are %s', (octets, text) => {
  locale.value = 'en'
  expect(fileSize(octets)).toBe(text)
})
