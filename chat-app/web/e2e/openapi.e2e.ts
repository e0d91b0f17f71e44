/** The description that the client's types are made of is the server's. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { useChat } from './setup'

const chat = useChat()

it('openapi.json is what the server says; `npm run openapi` brings it up to date', async () => {
  const kept = await readFile(join(import.meta.dirname, '../openapi.json'), 'utf8')
  expect(JSON.parse(kept)).toEqual(await chat.api().description())
})
