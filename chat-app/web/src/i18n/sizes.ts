/** How large a file is, for people. */
import { locale } from '../stores/preferences'

const UNITS = ['byte', 'kilobyte', 'megabyte'] as const
const STEP = 1_000

/** "340 kB", "2.4 MB" */
export function fileSize(octets: number): string {
  const index = UNITS.findLastIndex((_, power) => octets >= STEP ** power)
  const [power, unit] = index < 0 ? [0, UNITS[0]] : [index, UNITS[index]]
  const options = { style: 'unit', unit, unitDisplay: 'short', maximumSignificantDigits: 2 } as const
  return new Intl.NumberFormat(locale.value, options).format(octets / STEP ** power)
}
