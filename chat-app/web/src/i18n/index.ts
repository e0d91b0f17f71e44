/** The page's texts. */
import { watch } from 'vue'
import { createI18n } from 'vue-i18n'
import { ApiError } from '../api/error'
import { locale } from '../stores/preferences'
import { en } from './en'
import { ko } from './ko'

export const i18n = createI18n({
  legacy: false,
  locale: locale.value,
  messages: { ko, en },
})

watch(locale, (choice) => (i18n.global.locale.value = choice))

/** What to tell the reader: our words where we have them, else the server's. */
export function explain(cause: unknown): string {
  const { code, message, retryAfter } = ApiError.of(cause)
  const { t, te } = i18n.global
  if (code === 'RATE_LIMITED' && retryAfter) return t('error.RATE_LIMITED_FOR', retryAfter)
  return te(`error.${code}`) ? t(`error.${code}`) : message
}
