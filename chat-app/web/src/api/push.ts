/** Devices on which a member is told of messages while no page is open. */
import { get, request } from './client'

/** What a browser subscribes for (VAPID), in base64url. */
export async function pushKey(): Promise<string> {
  return (await get('/push/key')).key
}

export async function addDevice(subscription: PushSubscription): Promise<void> {
  const { endpoint, keys } = subscription.toJSON()
  const { p256dh = '', auth = '' } = keys ?? {}
  await request('post', '/push/subscription', { body: { endpoint: endpoint ?? '', keys: { p256dh, auth } } })
}

export async function removeDevice(endpoint: string): Promise<void> {
  await request('delete', '/push/subscription', { body: { endpoint } })
}
