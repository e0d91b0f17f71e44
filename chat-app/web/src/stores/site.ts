/** What this service is called and whom it lets in. */
import { computed, ref } from 'vue'
import { type Site, siteInfo } from '../api/site'

/** What the server calls itself while nobody has named it. */
const UNNAMED = 'Chat'

export const site = ref<Site>()
let settle: () => void

/** Resolves when the server has been asked. */
export const siteKnown = new Promise<void>((resolve) => (settle = resolve))

/** Its name, if it was given one. */
export const siteName = computed(() => (site.value?.siteName === UNNAMED ? undefined : site.value?.siteName))

/** Who may make an account. */
export const registration = computed(() => site.value?.registrationMode)

/** @throws {ApiError} when the server cannot be reached */
export async function loadSite(): Promise<void> {
  site.value = await siteInfo()
  settle()
}
