/** Language and theme: chosen here, remembered by the browser, applied to the page. */
import { ref, watch, watchEffect } from 'vue'

export const LOCALES = ['ko', 'en'] as const
export type Locale = (typeof LOCALES)[number]

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

export const locale = ref<Locale>(stored('locale', LOCALES) ?? preferredLocale())
export const theme = ref<Theme>(stored('theme', THEMES) ?? 'system')

/** Keeps the page in step with the choices, and stores those that are made. */
export function applyPreferences(): void {
  watchEffect(() => {
    document.documentElement.lang = locale.value
    document.documentElement.dataset.theme = theme.value
  })
  watch(locale, (choice) => localStorage.setItem('locale', choice))
  watch(theme, (choice) => localStorage.setItem('theme', choice))
}

/** Korean unless the browser prefers English to it. */
function preferredLocale(): Locale {
  const known = navigator.languages.map((tag) => tag.slice(0, 2)).find(isLocale)
  return known ?? 'ko'
}

function isLocale(tag: string): tag is Locale {
  return LOCALES.some((known) => known === tag)
}

function stored<T extends string>(key: string, allowed: readonly T[]): T | undefined {
  const value = localStorage.getItem(key)
  return allowed.find((choice) => choice === value)
}
