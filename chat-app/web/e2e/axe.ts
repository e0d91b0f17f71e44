import axe from 'axe-core'
import type { Page } from 'playwright-core'

/** What axe objects to, one line each. */
export async function objections(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  // As a string, because the page's `axe` is not the one imported here.
  const { violations } = await page.evaluate<axe.AxeResults>('axe.run()')
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
}
