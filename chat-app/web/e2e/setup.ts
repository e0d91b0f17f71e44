/** One server and one browser for the tests of a file; a fresh context for each person. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { Api } from './api'
import { launch, newPage } from './browser'
import { type Server, type Settings, startServer } from './server'

/** `settings` may need something that is started first. */
export function useChat(settings: () => Promise<Settings> | Settings = () => ({})) {
  let server: Server
  let browser: Browser

  beforeAll(async () => {
    ;[server, browser] = await Promise.all([Promise.resolve(settings()).then(startServer), launch()])
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
  }
}
