/** Redis and PostgreSQL, each in a directory of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'

const POSTGRES = join(import.meta.dirname, '../../tests/postgres/serve.sh')

/** A Redis server on a socket; it forgets everything when it is stopped. */
export class Redis {
  readonly #dir: string
  #server: ChildProcess | undefined

  private constructor(dir: string) {
    this.#dir = dir
  }

  static async start(): Promise<Redis> {
    const redis = new Redis(await mkdtemp(join(tmpdir(), 'chat-redis-')))
    await redis.start()
    return redis
  }

  get url(): string {
    return `redis+unix://${this.#socket}`
  }

  async start(): Promise<void> {
    const options = ['--port', '0', '--save', '', '--unixsocket', this.#socket]
    this.#server = spawn('redis-server', options, { cwd: this.#dir, stdio: 'ignore' })
    while (!(await answers(this.#socket))) await pause(20)
  }

  async stop(): Promise<void> {
    await end(this.#server)
  }

  async remove(): Promise<void> {
    await this.stop()
    await rm(this.#dir, { recursive: true, force: true })
  }

  get #socket(): string {
    return join(this.#dir, 'socket')
  }
}

/** A PostgreSQL server; it goes with its directory when its stdin is closed. */
export class Postgres {
  readonly #server: ChildProcess
  readonly url: string

  private constructor(server: ChildProcess, socket: string) {
    this.#server = server
    this.url = `postgres://chat@localhost/postgres?host=${socket}`
  }

  static async start(): Promise<Postgres> {
    const server = spawn('sh', [POSTGRES], { stdio: ['pipe', 'pipe', 'inherit'] })
    const [socket] = (await once(createInterface({ input: server.stdout }), 'line')) as [string]
    return new Postgres(server, socket)
  }

  async remove(): Promise<void> {
    this.#server.stdin?.end()
    if (this.#server.exitCode === null) await once(this.#server, 'exit')
  }
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket, () => resolve(true))
    connection.on('error', () => resolve(false))
    connection.on('connect', () => connection.end())
  })
}

async function end(server: ChildProcess | undefined): Promise<void> {
  if (!server || server.exitCode !== null || server.signalCode !== null) return
  const ended = once(server, 'exit')
  server.kill('SIGKILL')
  await ended
}
