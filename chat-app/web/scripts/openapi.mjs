// Keeps the description of a running server's interface, of which the client's types are made.
import { writeFileSync } from 'node:fs'

const server = process.argv[2] ?? 'http://127.0.0.1:8080'
const document = await (await fetch(`${server}/openapi.json`)).json()
writeFileSync(new URL('../openapi.json', import.meta.url), `${JSON.stringify(document, null, 1)}\n`)
