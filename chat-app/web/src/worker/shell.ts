/** The page and the files it is made of, kept for when there is no network. */

const CACHE = 'shell'
/** All addresses of the client are one page. */
const PAGE = '/'

/** Keeps the page and the files it names. */
export async function keepShell(): Promise<void> {
  const page = await fetch(PAGE)
  if (!page.ok) return
  await keepPage(page.clone())
  const files = [...(await page.text()).matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '')
  await (await caches.open(CACHE)).addAll(files)
}

/** The newest page there is; the one kept, without a network. */
export async function fetchPage(request: Request): Promise<Response> {
  try {
    const page = await fetch(request)
    // Paths of the server's own, such as its documentation, are pages too.
    if (page.ok && (await isClient(page.clone()))) await keepPage(page.clone())
    return page
  } catch {
    return (await caches.match(PAGE)) ?? Response.error()
  }
}

/** Files have the hash of their content in their names: what is kept is right. */
export async function fetchAsset(request: Request): Promise<Response> {
  const kept = await caches.match(request)
  if (kept) return kept
  const file = await fetch(request)
  if (file.ok) await (await caches.open(CACHE)).put(request, file.clone())
  return file
}

async function isClient(page: Response): Promise<boolean> {
  return (await page.text()).includes('<div id="app">')
}

/** Another page has other files: those of the one before go. */
async function keepPage(page: Response): Promise<void> {
  const before = await caches.match(PAGE)
  if ((await before?.text()) === (await page.clone().text())) return
  await caches.delete(CACHE)
  await (await caches.open(CACHE)).put(PAGE, page)
}
