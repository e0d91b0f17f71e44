/** The real chat server on a free port with an empty data directory. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const REPOSITORY = join(import.meta.dirname, '../../..')

/** Tests sign up and write more than people do. */
const GENEROUS = {
  CHAT_LOGIN_RATE: '1000/1',
  CHAT_SIGN_UP_RATE: '1000/1',
  CHAT_GUEST_RATE: '1000/1',
  CHAT_SEND_RATE: '1000/1',
  CHAT_STOMP_RATE: '1000/1',
}

/** Settings by the names that the server reads from its environment. */
export type Settings = Record<string, string>

export interface Server {
  url: string
  /** Makes the first administrator of this server, by its log. */
  setupCode: Promise<string>
  stop(): Promise<void>
}

export async function startServer(settings: Settings = {}): Promise<Server> {
  const data = await mkdtemp(join(tmpdir(), 'chat-e2e-'))
  const options = ['--listen', '127.0.0.1:0', '--data-dir', data]
  const binary = process.env.CHAT_SERVER_BIN
  const [command, args] = binary
    ? [binary, options]
    : ['cargo', ['run', '--package', 'examples', '--example', 'chat-server', '--', ...options]]
  const env = { ...process.env, ...GENEROUS, ...settings }
  const child = spawn(command, args, { cwd: REPOSITORY, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const setupCode = codeInLog(child)
  return {
    url: await ready(child),
    setupCode,
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
      await rm(data, { recursive: true, force: true })
    },
  }
}

/** Reads the one line the server writes when it accepts connections. */
function ready(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`the server ended with code ${code}`)))
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const address = /^ready http=(\S+)/.exec(line)?.[1]
      if (address) resolve(`http://${address}`)
    })
  })
}

/** Passes the log on, and finds in it how to become the first administrator. */
function codeInLog(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    createInterface({ input: child.stderr! }).on('line', (line) => {
      console.error(line)
      const code = /no administrator yet.*code="(\w+)"/.exec(line)?.[1]
      if (code) resolve(code)
    })
  })
}
