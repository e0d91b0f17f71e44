/**
 * The service worker: keeps the page for when there is no network, and shows
 * notifications while no page is open. It never touches the API.
 */
import { type Notice, openRoom, show } from './notices'
import { fetchAsset, fetchPage, keepShell } from './shell'

declare const self: ServiceWorkerGlobalScope

self.addEventListener('install', (event) => event.waitUntil(keepShell().then(() => self.skipWaiting())))
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))

self.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== location.origin) return
  if (request.mode === 'navigate') event.respondWith(fetchPage(request))
  else if (pathname.startsWith('/assets/')) event.respondWith(fetchAsset(request))
})

self.addEventListener('push', (event) => {
  if (event.data) event.waitUntil(show(self.registration, event.data.json() as Notice))
})

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(openRoom(self.clients, event.notification.data as Notice))
})
