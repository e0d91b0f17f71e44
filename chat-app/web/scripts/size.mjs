// Fails when the first load of dist/ (everything index.html names, and the texts of one language) is above the budget.
import { readFileSync, readdirSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const BUDGET = 120_000
const dist = new URL('../dist/', import.meta.url)

const html = readFileSync(new URL('index.html', dist), 'utf8')
const needed = html.replace(/<link rel="prefetch"[^>]*>/g, '')
const assets = [...needed.matchAll(/(?:src|href)="\/([^"]+\.(?:js|css))"/g)].map(([, path]) => path)
const texts = readdirSync(new URL('assets/', dist)).find((name) => /^ko-.*\.js$/.test(name))
if (!texts) throw new Error('no texts among the assets')
const files = ['index.html', ...assets, `assets/${texts}`]

let total = 0
for (const file of files) {
  const size = gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length
  total += size
  console.log(`${String(size).padStart(8)}  ${file}`)
}
console.log(`${String(total).padStart(8)}  first load, gzip (budget ${BUDGET})`)
process.exitCode = total > BUDGET ? 1 : 0
