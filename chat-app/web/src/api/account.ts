/** Signing up, in and out. */
import { type Grant, forget, keep } from './access'
import { request } from './client'
import { call } from './http'

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

export function enterAsGuest(): Promise<Grant> {
  return granted('/auth/guest', { locale: document.documentElement.lang })
}

export async function logOut(): Promise<void> {
  await request('/auth/logout', { method: 'POST' })
  forget()
}

async function granted(path: string, body: unknown): Promise<Grant> {
  const { data } = await call<Grant>(path, { method: 'POST', body })
  keep(data)
  return data
}
