/** Dates and times in the viewer's language and time zone. */
import { locale } from '../stores/preferences'

const formats = new Map<string, Intl.DateTimeFormat>()

/** "오후 2:05", "2:05 PM" */
export function timeOfDay(at: string): string {
  return format(at, { hour: 'numeric', minute: '2-digit' })
}

/** "2026년 11월 21일 토요일" */
export function fullDay(at: string): string {
  return format(at, { dateStyle: 'full' })
}

/** "2026. 11. 21. 오후 2:05" */
export function moment(at: string): string {
  return format(at, { dateStyle: 'medium', timeStyle: 'short' })
}

/** In a list: the time if today, the day if this year, else the date. */
export function shortMoment(at: string, now = new Date()): string {
  if (dayKey(at) === dayKey(now)) return timeOfDay(at)
  const thisYear = new Date(at).getFullYear() === now.getFullYear()
  return thisYear ? format(at, { month: 'short', day: 'numeric' }) : format(at, { dateStyle: 'short' })
}

/** Equal for two moments of one calendar day of the viewer. */
export function dayKey(at: string | Date): string {
  const date = new Date(at)
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`
}

/** Equal for two moments of one minute. */
export function minuteKey(at: string): number {
  return Math.floor(Date.parse(at) / 60_000)
}

/** Making a format is slow and a list needs hundreds of them, so they are kept. */
function format(at: string, options: Intl.DateTimeFormatOptions): string {
  const key = locale.value + JSON.stringify(options)
  let made = formats.get(key)
  if (!made) {
    made = new Intl.DateTimeFormat(locale.value, options)
    formats.set(key, made)
  }
  return made.format(new Date(at))
}
