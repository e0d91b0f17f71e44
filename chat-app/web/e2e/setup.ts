/** One server and one browser for the tests of a file; a fresh context for each person. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { Api, type Person } from './api'
import { launch, newPage } from './browser'
import { type Server, type Settings, startServer } from './server'

interface Options {
  /** Leave it to the test to make the first administrator. */
  fresh?: boolean
}

/** `settings` may need something that is started first. */
export function useChat(settings: () => Promise<Settings> | Settings = () => ({}), { fresh }: Options = {}) {
  let server: Server
  let browser: Browser
  let admin: Person

  beforeAll(async () => {
    ;[server, browser] = await Promise.all([Promise.resolve(settings()).then(startServer), launch()])
    if (!fresh) admin = await new Api(server.url).setUp(await server.setupCode)
  })
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()))
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  return {
    api: () => new Api(server.url),
    page: (options?: BrowserContextOptions, url = server.url): Promise<Page> => newPage(browser, url, options),
    setupCode: () => server.setupCode,
    admin: () => admin,
  }
}
