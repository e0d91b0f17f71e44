/** Notifications of what was said while no page was open. */

export interface Notice {
  title: string
  body: string
  roomId: number
}

/** One notification for each room: a newer one takes the place of the one before. */
export function show(registration: ServiceWorkerRegistration, notice: Notice): Promise<void> {
  const { title, body, roomId } = notice
  return registration.showNotification(title, { body, tag: `room-${roomId}`, icon: '/favicon.svg', data: notice })
}

/** Leads to the room, in a window that is open if there is one. */
export async function openRoom(clients: Clients, { roomId }: Notice): Promise<void> {
  const path = `/r/${roomId}`
  const [page] = await clients.matchAll({ type: 'window' })
  if (!page) return void (await clients.openWindow(path))
  await page.focus()
  await page.navigate(path)
}
