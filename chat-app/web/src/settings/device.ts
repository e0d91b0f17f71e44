/** What a browser is called by people: "Chrome · Android"; undefined if it does not say. */
export function deviceName(userAgent: string | null | undefined): string | undefined {
  const found = [BROWSERS, SYSTEMS].map((names) => names.find(([, pattern]) => pattern.test(userAgent ?? ''))?.[0])
  return found.filter((name) => name !== undefined).join(' · ') || undefined
}

/** The first that matches: browsers name those before them that they are compatible with. */
const BROWSERS: [string, RegExp][] = [
  ['Edge', /Edg\//],
  ['Whale', /Whale\//],
  ['Samsung Internet', /SamsungBrowser\//],
  ['Firefox', /Firefox\/|FxiOS\//],
  ['Chrome', /Chrome\/|CriOS\//],
  ['Safari', /Safari\//],
]

const SYSTEMS: [string, RegExp][] = [
  ['Android', /Android/],
  ['iOS', /iPhone|iPad/],
  ['Windows', /Windows/],
  ['macOS', /Macintosh/],
  ['Linux', /Linux/],
]
