/** Google, Kakao and Naver on loopback, with what is particular about each of the real ones. */
import { createHash, createSign, generateKeyPairSync, randomUUID } from 'node:crypto'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type ProviderName = 'google' | 'kakao' | 'naver'

/** Who consents there. */
export interface Account {
  subject: string
  name: string
  email?: string
  verified?: boolean
}

export class FakeProviders {
  readonly #server = createServer((request, response) => void this.#serve(request, response))
  readonly #keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
  /** What each code was asked for with. */
  readonly #asked = new Map<string, URLSearchParams>()
  account: Account = { subject: '1', name: '아무개' }
  /** What is done to the state before the browser is sent back. */
  tamper = (state: string) => state

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** What the server has to know of them. */
  get setting(): string {
    const { port } = this.#server.address() as AddressInfo
    const entry = (name: ProviderName) => {
      const at = (path: string) => `http://127.0.0.1:${port}/${name}/${path}`
      return `${name}=client,hush,${at('authorize')},${at('token')},${at('profile')}`
    }
    return (['google', 'kakao', 'naver'] as const).map(entry).join(' ')
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url!, 'http://provider')
    const [, provider, step] = pathname.split('/') as ['', ProviderName, string]
    if (step === 'authorize') return this.#consent(searchParams, response)
    const answer = step === 'token' ? this.#token(provider, await form(request)) : this.#profile(provider)
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(answer))
  }

  /** Sends the browser back at once: everybody consents. */
  #consent(asked: URLSearchParams, response: ServerResponse): void {
    const code = randomUUID()
    this.#asked.set(code, asked)
    const back = new URL(asked.get('redirect_uri')!)
    back.search = String(new URLSearchParams({ code, state: this.tamper(asked.get('state')!) }))
    response.writeHead(302, { Location: back.href }).end()
  }

  #token(provider: ProviderName, given: URLSearchParams): object {
    const asked = this.#asked.get(given.get('code') ?? '')
    if (!asked || given.get('client_secret') !== 'hush') return { error: 'invalid_grant' }
    const access = { access_token: 'secret', token_type: 'bearer' }
    if (provider === 'kakao') return { ...access, expires_in: 21_599 }
    // As text, which is not what RFC 6749 says.
    if (provider === 'naver') return { ...access, expires_in: '3600' }
    const proof = createHash('sha256').update(given.get('code_verifier') ?? '').digest('base64url')
    if (proof !== asked.get('code_challenge')) return { error: 'invalid_grant' }
    return { ...access, expires_in: 3599, id_token: this.#idToken(asked.get('nonce')!) }
  }

  /** Google's is the keys that its tokens are signed with. */
  #profile(provider: ProviderName): object {
    const { subject, name, email, verified = false } = this.account
    if (provider === 'google') {
      return { keys: [{ ...this.#keys.publicKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: '1' }] }
    }
    if (provider === 'naver') {
      return { resultcode: '00', message: 'success', response: { id: subject, nickname: name, email } }
    }
    const profile = { nickname: name, is_default_image: false, profile_image_url: 'http://k.kakaocdn.net/dn/img_640x640.jpg' }
    const account = { profile, email, is_email_valid: verified, is_email_verified: verified }
    return { id: Number(subject), connected_at: '2026-11-21T05:20:00Z', kakao_account: account }
  }

  #idToken(nonce: string): string {
    const { subject: sub, name, email, verified: email_verified = false } = this.account
    const exp = Math.floor(Date.now() / 1000) + 600
    const claims = { iss: 'https://accounts.google.com', aud: 'client', sub, exp, nonce, name, email, email_verified }
    const part = (json: object) => Buffer.from(JSON.stringify(json)).toString('base64url')
    const signed = `${part({ alg: 'RS256', kid: '1' })}.${part(claims)}`
    return `${signed}.${createSign('RSA-SHA256').update(signed).sign(this.#keys.privateKey, 'base64url')}`
  }
}

async function form(request: IncomingMessage): Promise<URLSearchParams> {
  let body = ''
  for await (const chunk of request) body += chunk
  return new URLSearchParams(body)
}
