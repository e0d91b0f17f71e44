/** Prepares what a test needs through the REST interface. */
import { randomUUID } from 'node:crypto'

export interface Person {
  token: string
  name: string
  email: string
}

export const PASSWORD = 'correct horse battery'

export class Api {
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  signUp(name: string): Promise<Person> {
    return this.#enter('/member/create', { name })
  }

  /** The first administrator. */
  setUp(code: string): Promise<Person> {
    return this.#enter('/admin/api/setup', { name: '관리자', code })
  }

  async #enter(path: string, form: { name: string; code?: string }): Promise<Person> {
    const { name } = form
    const email = `${randomUUID()}@example.com`
    await this.#post(path, { ...form, email, password: PASSWORD })
    const { token } = await this.#post<{ token: string }>('/member/doLogin', { email, password: PASSWORD })
    return { token, name, email }
  }

  async createRoom(owner: Person, roomName: string, ...others: Person[]): Promise<number> {
    const { roomId } = await this.#post<{ roomId: number }>('/chat/room/group/create', { roomName }, owner)
    for (const other of others) await this.#post(`/chat/room/group/${roomId}/join`, undefined, other)
    return roomId
  }

  async createLockedRoom(owner: Person, roomName: string, password: string): Promise<number> {
    const body = { roomName, isPrivate: true, password }
    return (await this.#post<{ roomId: number }>('/chat/room/group/create', body, owner)).roomId
  }

  /** Begins a conversation of two. */
  async talkTo(member: Person, other: Person): Promise<number> {
    const { id } = await this.#send<{ id: number }>('GET', '/member/me', undefined, other)
    return this.#post<number>(`/chat/room/private/create?otherMemberId=${id}`, undefined, member)
  }

  /** The id of the message. */
  async say(sender: Person, roomId: number, message: string, fileIds: number[] = []): Promise<number> {
    const body = { roomId, message, clientMessageId: randomUUID(), fileIds }
    const { id } = await this.#post<{ id: number }>(`/chat/room/${roomId}/messages`, body, sender)
    return id
  }

  /** Brings a file to a room; the id of it. */
  async bring(sender: Person, roomId: number, file: { name: string; mimeType: string; buffer: Buffer }): Promise<number> {
    const form = new FormData()
    form.append('roomId', String(roomId))
    form.append('file', new Blob([new Uint8Array(file.buffer)], { type: file.mimeType }), file.name)
    const headers = { Authorization: `Bearer ${sender.token}` }
    const response = await fetch(`${this.#url}/file`, { method: 'POST', headers, body: form })
    if (!response.ok) throw new Error(`/file: ${response.status} ${await response.text()}`)
    return ((await response.json()) as { id: number }).id
  }

  /** Makes a picture the member's own; where it is. */
  async setAvatar(member: Person, picture: Buffer): Promise<string> {
    const form = new FormData()
    form.append('file', new Blob([new Uint8Array(picture)], { type: 'image/png' }), 'me.png')
    const headers = { Authorization: `Bearer ${member.token}` }
    const response = await fetch(`${this.#url}/member/me/avatar`, { method: 'PUT', headers, body: form })
    if (!response.ok) throw new Error(`/member/me/avatar: ${response.status} ${await response.text()}`)
    return ((await response.json()) as { avatarUrl: string }).avatarUrl
  }

  async edit(sender: Person, messageId: number, message: string, version = 1): Promise<void> {
    await this.#send('PATCH', `/chat/message/${messageId}`, { message, version }, sender)
  }

  async remove(sender: Person, messageId: number): Promise<void> {
    await this.#send('DELETE', `/chat/message/${messageId}`, undefined, sender)
  }

  async invite(member: Person, roomId: number, limits: { maxUses?: number; expiresIn?: number }): Promise<string> {
    const { code } = await this.#post<{ code: string }>(`/chat/room/${roomId}/invites`, limits, member)
    return code
  }

  async accept(member: Person, code: string): Promise<void> {
    await this.#post(`/chat/invite/${code}/accept`, undefined, member)
  }

  /** What the server says its interface is. */
  description(): Promise<unknown> {
    return this.#send('GET', '/openapi.json')
  }

  /** The status of an answer that may be a refusal. */
  async status(path: string, method = 'GET', person?: Person, body?: unknown): Promise<number> {
    return (await this.#fetch(method, path, body, person)).status
  }

  /** Everything up to `seq`, or to the end. */
  async read(reader: Person, roomId: number, seq?: number): Promise<void> {
    await this.#post(`/chat/room/${roomId}/read`, { seq }, reader)
  }

  #post<T>(path: string, body?: unknown, person?: Person): Promise<T> {
    return this.#send<T>('POST', path, body ?? {}, person)
  }

  async #send<T>(method: string, path: string, body?: unknown, person?: Person): Promise<T> {
    const response = await this.#fetch(method, path, body, person)
    const text = await response.text()
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`)
    return (text ? JSON.parse(text) : undefined) as T
  }

  #fetch(method: string, path: string, body?: unknown, person?: Person): Promise<Response> {
    const headers = new Headers()
    if (body !== undefined) headers.set('Content-Type', 'application/json')
    if (person) headers.set('Authorization', `Bearer ${person.token}`)
    return fetch(this.#url + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) })
  }
}
