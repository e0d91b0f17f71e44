/** Who is signed in. */
import { computed, readonly, ref } from 'vue'
import { type Grant, forget, renew, whenSessionLost } from '../api/access'
import * as account from '../api/account'
import { ApiError } from '../api/error'
import { removeAvatar, setAvatar } from '../api/files'
import type { Me } from '../api/model'
import { forgetDrafts } from './drafts'

/** Survives a reload, so that an ended session can be told from a first visit. */
const SIGNED_IN = 'signed-in'

const member = ref<Me>()
const expired = ref(false)
let settle: () => void

/** Resolves when it is known whether somebody is signed in. */
export const sessionKnown = new Promise<void>((resolve) => (settle = resolve))

export const me = readonly(member)
/** The session ended without the member's doing; said once, on the login page. */
export const sessionExpired = readonly(expired)
export const displayName = computed(() => (member.value ? `${member.value.name}#${member.value.tag}` : ''))

/**
 * Takes up the session of an earlier visit, if there is one.
 *
 * @throws {ApiError} when the server cannot be reached
 */
export async function restore(): Promise<void> {
  try {
    enter(await renew())
  } catch (cause) {
    if (ApiError.of(cause).status !== 401) throw cause
  }
  settle()
}

export async function logIn(email: string, password: string): Promise<void> {
  enter(await account.logIn(email, password))
}

export async function signUp(form: account.SignUp): Promise<void> {
  await account.signUp(form)
  await logIn(form.email, form.password)
}

export async function enterAsGuest(): Promise<void> {
  enter(await account.enterAsGuest())
}

export async function upgradeGuest(form: account.SignUp): Promise<void> {
  enter(await account.upgradeGuest(form))
}

export async function rename(name: string): Promise<void> {
  member.value = await account.rename(name)
}

/** Of `undefined`, none. */
export async function changeAvatar(picture?: File): Promise<void> {
  const { avatarUrl } = await (picture ? setAvatar(picture) : removeAvatar())
  if (member.value) member.value = { ...member.value, avatarUrl }
}

export async function logOut(): Promise<void> {
  await account.logOut()
  forgetAll()
}

export async function deleteAccount(password: string): Promise<void> {
  await account.deleteAccount(password)
  forgetAll()
}

function enter(grant: Grant): void {
  member.value = grant.member
  expired.value = false
  localStorage.setItem(SIGNED_IN, '1')
}

/** What was written here is nobody else's business. */
function forgetAll(): void {
  sessionStorage.clear()
  forgetDrafts()
  leave()
}

function leave(): void {
  forget()
  member.value = undefined
  localStorage.removeItem(SIGNED_IN)
}

whenSessionLost(() => {
  expired.value = localStorage.getItem(SIGNED_IN) !== null
  leave()
})
