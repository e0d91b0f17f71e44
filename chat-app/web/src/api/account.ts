/** Signing up, in and out, and what members change about their account. */
import { type Grant, forget, keep } from './access'
import { request } from './client'
import { call } from './http'
import type { Me } from './model'

export interface SignUp {
  name: string
  email: string
  password: string
}

export async function signUp(form: SignUp): Promise<void> {
  await call('/member/create', { method: 'POST', body: { ...form, locale: document.documentElement.lang } })
}

export function logIn(email: string, password: string): Promise<Grant> {
  return granted('/member/doLogin', { email, password })
}

/** Who vouches for people, as by their account there. */
export interface Provider {
  id: string
  name: string
}

export async function listProviders(): Promise<Provider[]> {
  return (await call<Provider[]>('/auth/providers')).data
}

export function enterAsGuest(): Promise<Grant> {
  return granted('/auth/guest', { locale: document.documentElement.lang })
}

export async function logOut(): Promise<void> {
  await request('/auth/logout', { method: 'POST' })
  forget()
}

export async function rename(name: string): Promise<Me> {
  return (await request<Me>('/member/me', { method: 'PATCH', body: { name } })).data
}

/** Makes a user of the guest, who keeps id, rooms and messages. */
export async function upgradeGuest(form: SignUp): Promise<Grant> {
  const { data } = await request<Grant>('/auth/guest/upgrade', { method: 'POST', body: form })
  keep(data)
  return data
}

/** Logs out on all other devices too. */
export async function changePassword(current: string, next: string): Promise<void> {
  await request('/member/me/password', { method: 'PUT', body: { current, next } })
}

/** `password` is empty for those who have none. */
export async function deleteAccount(password: string): Promise<void> {
  await request('/member/me', { method: 'DELETE', body: { password: password || undefined } })
  forget()
}

/** An account elsewhere that one logs in by. */
export interface Identity {
  provider: string
  email: string | null
}

export async function listIdentities(): Promise<Identity[]> {
  return (await request<Identity[]>('/member/me/identities')).data
}

export async function unlink(provider: string): Promise<void> {
  await request(`/member/me/identities/${provider}`, { method: 'DELETE' })
}

async function granted(path: string, body: unknown): Promise<Grant> {
  const { data } = await call<Grant>(path, { method: 'POST', body })
  keep(data)
  return data
}
