/** Signing up, in and out, and what members change about their account. */
import { type Grant, forget, keep } from './access'
import { request } from './client'
import { type Answer, call } from './http'
import { codeInLink } from './invites'
import type { Me } from './model'
import type { Schemas } from './operations'
import { transfer } from './transfer'

export interface SignUp {
  name: string
  email: string
  password: string
  /** The code of an invitation or the link with it, where registration takes one. */
  invite: string
}

export const EMPTY_SIGN_UP: Readonly<SignUp> = { name: '', email: '', password: '', invite: '' }

/** What was written, without what is around it. */
export function tidied({ name, email, password, invite }: SignUp): SignUp {
  return { name: name.trim(), email: email.trim(), password, invite: codeInLink(invite) ?? invite.trim() }
}

export async function signUp(form: SignUp): Promise<void> {
  await call('post', '/member/create', { body: { ...form, locale: locale() } })
}

export function logIn(email: string, password: string): Promise<Grant> {
  return granted(call('post', '/member/doLogin', { body: { email, password } }))
}

/** Who vouches for people, as by their account there. */
export type Provider = Schemas['ProviderInfo']

export async function listProviders(): Promise<Provider[]> {
  return (await call('get', '/auth/providers')).data
}

export function enterAsGuest(): Promise<Grant> {
  return granted(call('post', '/auth/guest', { body: { locale: locale() } }))
}

export async function logOut(): Promise<void> {
  await request('post', '/auth/logout')
  forget()
}

export async function rename(name: string): Promise<Me> {
  return (await request('patch', '/member/me', { body: { name } })).data
}

/** Makes a user of the guest, who keeps id, rooms and messages. */
export async function upgradeGuest(form: SignUp): Promise<Grant> {
  return granted(request('post', '/auth/guest/upgrade', { body: form }))
}

/** Logs out on all other devices too. */
export async function changePassword(current: string, next: string): Promise<void> {
  await request('put', '/member/me/password', { body: { current, next } })
}

/** All that is kept of oneself, as one archive. */
export function exportOwn(): Promise<Blob> {
  return transfer('GET', '/member/me/export')
}

/** `password` is empty for those who have none. */
export async function deleteAccount(password: string): Promise<void> {
  await request('delete', '/member/me', { body: { password: password || undefined } })
  forget()
}

/** An account elsewhere that one logs in by. */
export type Identity = Schemas['LinkedAccount']

export async function listIdentities(): Promise<Identity[]> {
  return (await request('get', '/member/me/identities')).data
}

export async function unlink(provider: string): Promise<void> {
  await request('delete', '/member/me/identities/{provider}', { path: { provider } })
}

async function granted(answer: Promise<Answer<Grant>>): Promise<Grant> {
  const { data } = await answer
  keep(data)
  return data
}

const locale = () => document.documentElement.lang as Schemas['Locale']
