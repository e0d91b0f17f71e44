/** The real chat server on a free port with an empty data directory. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const REPOSITORY = join(import.meta.dirname, '../../..')

export interface Server {
  url: string
  stop(): Promise<void>
}

export async function startServer(): Promise<Server> {
  const data = await mkdtemp(join(tmpdir(), 'chat-e2e-'))
  const options = ['--listen', '127.0.0.1:0', '--data-dir', data]
  const binary = process.env.CHAT_SERVER_BIN
  const [command, args] = binary
    ? [binary, options]
    : ['cargo', ['run', '--package', 'examples', '--example', 'chat-server', '--', ...options]]
  const child = spawn(command, args, { cwd: REPOSITORY, stdio: ['ignore', 'pipe', 'inherit'] })
  const url = await ready(child)
  return {
    url,
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
