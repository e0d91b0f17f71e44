/** The page's texts; those of a language come when it is chosen. */
import { watch } from 'vue'
import { createI18n } from 'vue-i18n'
import { ApiError } from '../api/error'
import { type Locale, locale } from '../stores/preferences'
import type { Messages } from './ko'

const tables: Record<Locale, () => Promise<Messages>> = {
  ko: async () => (await import('./ko')).ko,
  en: async () => (await import('./en')).en,
}

export const i18n = createI18n<[Messages], Locale, false>({ legacy: false, locale: locale.value, messages: {} as never })

/** Speaks the chosen language from now on, and any other that is chosen. */
export async function followLocale(): Promise<void> {
  watch(locale, (choice) => void speak(choice))
  await speak(locale.value)
}

async function speak(choice: Locale): Promise<void> {
  i18n.global.setLocaleMessage(choice, await tables[choice]())
  i18n.global.locale.value = choice
}

/** What to tell the reader: our words where we have them, else the server's. */
export function explain(cause: unknown): string {
  const { code, message, retryAfter } = ApiError.of(cause)
  const { t, te } = i18n.global
  if (code === 'RATE_LIMITED' && retryAfter) return t('error.RATE_LIMITED_FOR', retryAfter)
  return te(`error.${code}`) ? t(`error.${code}`) : message
}
