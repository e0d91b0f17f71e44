import { afterEach, describe, expect, it } from 'vitest'
import { locale } from '../stores/preferences'
import { dayKey, fullDay, shortMoment, timeOfDay } from './dates'

/** Which of the two it is depends on the age of the ICU data. */
const FIVE_PAST_TWO = /^(오후|PM) 2:05$/

/** A moment on the viewer's clock. */
const local = (...parts: [number, number, number, number, number]) => new Date(...parts).toISOString()

describe('dates', () => {
  afterEach(() => void (locale.value = 'ko'))

  it('writes day and time in Korean', () => {
    locale.value = 'ko'
    expect(fullDay(local(2026, 10, 21, 14, 5))).toBe('2026년 11월 21일 토요일')
    expect(timeOfDay(local(2026, 10, 21, 14, 5))).toMatch(FIVE_PAST_TWO)
  })

  it('writes day and time in English', () => {
    locale.value = 'en'
    expect(fullDay(local(2026, 10, 21, 14, 5))).toBe('Saturday, November 21, 2026')
    expect(timeOfDay(local(2026, 10, 21, 14, 5))).toMatch(/^2:05\sPM$/)
  })

  it('shortens by distance', () => {
    locale.value = 'ko'
    const now = new Date(2026, 10, 21, 18, 0)
    expect(shortMoment(local(2026, 10, 21, 14, 5), now)).toMatch(FIVE_PAST_TWO)
    expect(shortMoment(local(2026, 10, 20, 23, 59), now)).toBe('11월 20일')
    expect(shortMoment(local(2025, 0, 8, 9, 0), now)).toBe('25. 1. 8.')
  })

  it('separates days at local midnight', () => {
    expect(dayKey(local(2026, 10, 20, 23, 59))).not.toBe(dayKey(local(2026, 10, 21, 0, 0)))
    expect(dayKey(local(2026, 10, 21, 0, 0))).toBe(dayKey(local(2026, 10, 21, 23, 59)))
  })
})
