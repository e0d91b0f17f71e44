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

  async signUp(name: string): Promise<Person> {
    const email = `${randomUUID()}@example.com`
    await this.#post('/member/create', { name, email, password: PASSWORD })
    const { token } = await this.#post<{ token: string }>('/member/doLogin', { email, password: PASSWORD })
    return { token, name, email }
  }

  async createRoom(owner: Person, roomName: string, ...others: Person[]): Promise<number> {
    const { roomId } = await this.#post<{ roomId: number }>('/chat/room/group/create', { roomName }, owner)
    for (const other of others) await this.#post(`/chat/room/group/${roomId}/join`, undefined, other)
    return roomId
  }

  async say(sender: Person, roomId: number, message: string): Promise<void> {
    await this.#post(`/chat/room/${roomId}/messages`, { roomId, message, clientMessageId: randomUUID() }, sender)
  }

  /** Everything up to `seq`, or to the end. */
  async read(reader: Person, roomId: number, seq?: number): Promise<void> {
    await this.#post(`/chat/room/${roomId}/read`, { seq }, reader)
  }

  async #post<T>(path: string, body?: unknown, person?: Person): Promise<T> {
    const response = await fetch(this.#url + path, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        ...(person && { Authorization: `Bearer ${person.token}` }),
      },
      body: JSON.stringify(body ?? {}),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`)
    return (text ? JSON.parse(text) : undefined) as T
  }
}
