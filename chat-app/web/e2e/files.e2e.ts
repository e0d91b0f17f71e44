/** Files: from the device of one member to the eyes of another. */
import type { Locator, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { logIn, openRoom, say, settled } from './browser'
import { useChat } from './setup'

const chat = useChat()

interface Given {
  name: string
  mimeType: string
  buffer: Buffer
}

/** A photograph, with the place where it was taken. */
async function photograph(page: Page, name: string, [width, height] = [1600, 1000]): Promise<Given> {
  const url = await page.evaluate(
    ([w, h]) => {
      const canvas = Object.assign(document.createElement('canvas'), { width: w, height: h })
      const context = canvas.getContext('2d')!
      const sky = context.createLinearGradient(0, 0, w!, h!)
      sky.addColorStop(0, '#20715d')
      sky.addColorStop(1, '#e9c46a')
      context.fillStyle = sky
      context.fillRect(0, 0, w!, h!)
      return canvas.toDataURL('image/jpeg')
    },
    [width, height],
  )
  const jpeg = Buffer.from(url.split(',')[1]!, 'base64')
  const exif = Buffer.from(`Exif\0\0MM\0*\0\0\0\x08 GPS 37.5665 126.9780`, 'latin1')
  const head = Buffer.from([0xff, 0xe1, 0, exif.length + 2])
  return { name, mimeType: 'image/jpeg', buffer: Buffer.concat([jpeg.subarray(0, 2), head, exif, jpeg.subarray(2)]) }
}

/** Lets files go over a part of the page, or pastes them there. */
async function give(target: Locator, event: 'drop' | 'paste', { name, mimeType, buffer }: Given): Promise<void> {
  await target.evaluate(
    (element, { name, mimeType, event, data }) => {
      const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))
      const files = new DataTransfer()
      files.items.add(new File([bytes], name, { type: mimeType }))
      const options = { bubbles: true, cancelable: true }
      element.dispatchEvent(
        event === 'drop'
          ? new DragEvent('drop', { ...options, dataTransfer: files })
          : new ClipboardEvent('paste', { ...options, clipboardData: files }),
      )
    },
    { name, mimeType, event, data: buffer.toString('base64') },
  )
}

const sending = (page: Page) => page.getByRole('button', { name: '보내기', exact: true })
const choosing = (page: Page) => page.locator('.composer input[type=file]')

/** Waits until what was given has been brought. */
async function arrived(page: Page): Promise<void> {
  await page.locator('.composer li').waitFor()
  await page.getByRole('progressbar').waitFor({ state: 'detached' })
}

describe('files', () => {
  it('are dropped, seen on their way, shown to the others and told nothing of but their pixels', { timeout: 60_000 }, async () => {
    const people = [await chat.api().signUp('하늘'), await chat.api().signUp('도윤')] as const
    const roomId = await chat.api().createRoom(people[0], '사진첩', people[1])
    const [ann, ben] = [await chat.page(), await chat.page()]
    await logIn(ann, people[0])
    await openRoom(ann, roomId)
    await logIn(ben, people[1])
    await openRoom(ben, roomId)

    let release = () => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    await ann.route('**/file', async (route) => {
      await held
      await route.continue()
    })
    await give(ann.getByRole('log'), 'drop', await photograph(ann, '가을 산.jpg'))
    await ann.getByRole('progressbar', { name: '가을 산.jpg 올리는 중' }).waitFor()
    await ann.locator('.composer img').waitFor()
    expect(await sending(ann).isDisabled()).toBe(true)
    release()
    await arrived(ann)
    await sending(ann).click()

    const picture = ben.getByRole('button', { name: '사진 크게 보기: 가을 산.jpg' })
    await picture.waitFor()
    await ben.waitForFunction(() => [...document.querySelectorAll<HTMLImageElement>('.picture img')].every((img) => img.naturalWidth > 0))
    await picture.click()
    const full = ben.getByRole('dialog', { name: '가을 산.jpg' }).getByRole('img')
    const url = (await full.getAttribute('src'))!
    const bytes = await ben.evaluate(async (path) => {
      const data = new Uint8Array(await (await fetch(path)).arrayBuffer())
      return [...data].map((byte) => String.fromCharCode(byte)).join('')
    }, url)
    expect(bytes.length).toBeGreaterThan(1_000)
    expect(bytes).not.toMatch(/Exif|GPS|37\.5665/)
    await ben.keyboard.press('Escape')
    await full.waitFor({ state: 'detached' })

    const eve = await chat.api().signUp('이브')
    expect(await chat.api().status(url, 'GET', eve)).toBe(403)
    expect(await chat.api().status(`${url}/thumb`, 'GET', eve)).toBe(403)
  })

  it('that could be pages are got, not shown', async () => {
    const ann = await chat.api().signUp('하늘')
    const roomId = await chat.api().createRoom(ann, '문서')
    const page = await chat.page({ acceptDownloads: true })
    await logIn(page, ann)
    await openRoom(page, roomId)
    const html = { name: '쪽.html', mimeType: 'text/html', buffer: Buffer.from('<script>alert(document.domain)</script>') }
    await choosing(page).setInputFiles(html)
    await arrived(page)
    await say(page, '읽어 보세요')
    const link = page.getByRole('link', { name: /쪽\.html/ })
    await link.waitFor()
    const download = page.waitForEvent('download')
    await link.click()
    expect((await download).suggestedFilename()).toBe('쪽.html')
    const opened = await page.context().newPage()
    const begun = opened.waitForEvent('download')
    await opened.goto((await link.getAttribute('href'))!).catch(() => {})
    await begun
    expect(opened.url()).toBe('about:blank')
  })

  it('are pasted, taken out again, and refused when they are too large', async () => {
    const ann = await chat.api().signUp('하늘')
    const roomId = await chat.api().createRoom(ann, '붙여넣기')
    const page = await chat.page()
    await logIn(page, ann)
    await openRoom(page, roomId)
    await page.getByRole('log').evaluate((log) => {
      const files = new DataTransfer()
      files.items.add(new File([new Uint8Array(26 * 1024 * 1024)], '큰 것.bin'))
      log.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: files }))
    })
    await page.getByText('파일이 너무 큽니다').waitFor()
    await page.getByRole('button', { name: '큰 것.bin 빼기' }).click()
    await page.getByText('파일이 너무 큽니다').waitFor({ state: 'detached' })

    await give(page.getByLabel('메시지 입력'), 'paste', await photograph(page, '찍은 것.jpg', [300, 200]))
    await arrived(page)
    await say(page, '방금 찍었어요')
    await settled(page, 1)
    const row = page.locator('[data-seq]').first()
    await row.getByText('방금 찍었어요').waitFor()
    await row.getByRole('button', { name: '사진 크게 보기: 찍은 것.jpg' }).waitFor()
  })

  it('do not move what is read when they arrive late', { timeout: 60_000 }, async () => {
    const ann = await chat.api().signUp('하늘')
    const roomId = await chat.api().createRoom(ann, '느린 사진')
    const page = await chat.page({ viewport: { width: 900, height: 600 } })
    await logIn(page, ann)
    const sizes = [[1200, 800], [300, 900], [64, 64]] as const
    const tokens: number[] = []
    for (const [width, height] of sizes) {
      tokens.push(await chat.api().bring(ann, roomId, await photograph(page, `${width}.jpg`, [width, height])))
    }
    for (let n = 0; n < 60; n++) {
      await chat.api().say(ann, roomId, `줄 ${n}`, n < sizes.length ? [tokens[n]!] : [])
    }
    await chat.api().read(ann, roomId)
    let release = () => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    await page.route('**/thumb', async (route) => {
      await held
      await route.continue()
    })
    await openRoom(page, roomId)
    await settled(page, 30)
    const log = page.getByRole('log')
    await log.evaluate((box) => (box.scrollTop = 0))
    await page.getByText('대화의 시작입니다').waitFor()
    await page.locator('[data-seq] .picture').nth(2).waitFor()
    const place = () => log.evaluate((box) => box.querySelector('[data-seq="6"]')!.getBoundingClientRect().top)
    const before = await place()
    release()
    await page.waitForFunction(() => [...document.querySelectorAll<HTMLImageElement>('.picture img')].every((img) => img.complete && img.naturalWidth > 0))
    expect(Math.abs((await place()) - before)).toBeLessThan(2)
  })
})
