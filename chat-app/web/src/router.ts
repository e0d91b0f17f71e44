/** The pages and who may see them. */
import { type RouteLocationNormalized, createRouter, createWebHistory } from 'vue-router'
import DirectoryScreen from './screens/DirectoryScreen.vue'
import HomeScreen from './screens/HomeScreen.vue'
import LoginScreen from './screens/LoginScreen.vue'
import NotFoundScreen from './screens/NotFoundScreen.vue'
import PeopleScreen from './screens/PeopleScreen.vue'
import RoomScreen from './screens/RoomScreen.vue'
import ShellScreen from './screens/ShellScreen.vue'
import SignupScreen from './screens/SignupScreen.vue'
import { me, sessionKnown } from './stores/session'
import { site, siteKnown } from './stores/site'

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/login', component: LoginScreen, meta: { open: true } },
    { path: '/signup', component: SignupScreen, meta: { open: true } },
    { path: '/setup', component: () => import('./screens/SetupScreen.vue'), meta: { open: true } },
    {
      path: '/join/:code',
      component: () => import('./screens/InviteScreen.vue'),
      props: true,
      meta: { open: true, forMembers: true },
    },
    {
      path: '/',
      component: ShellScreen,
      children: [
        { path: '', component: HomeScreen },
        { path: 'rooms', component: DirectoryScreen },
        { path: 'people', component: PeopleScreen },
        // A room, or with `@` and a seq one message in it.
        { path: 'r/:roomId(\\d+):at(@\\d+)?', component: RoomScreen, props: roomProps },
        { path: 'search', component: () => import('./screens/SearchScreen.vue') },
        { path: 'settings', component: () => import('./screens/SettingsScreen.vue') },
        { path: 'console/:part?', component: () => import('./screens/ConsoleScreen.vue'), props: true, beforeEnter: adminsOnly },
        { path: ':rest(.*)*', component: NotFoundScreen },
      ],
    },
  ],
})

router.beforeEach(async (to) => {
  await Promise.all([sessionKnown, siteKnown])
  const signedIn = me.value !== undefined
  // Without an administrator, a server has nothing to enter yet.
  const needsSetup = site.value?.setupRequired === true
  if (!signedIn && needsSetup !== (to.path === '/setup')) return needsSetup ? '/setup' : '/login'
  if (!signedIn && !to.meta.open) return loginFor(to)
  if (signedIn && to.meta.open && !to.meta.forMembers) return afterEntry(to)
})

function adminsOnly() {
  return me.value?.role === 'ADMIN' || '/'
}

function roomProps({ params }: RouteLocationNormalized) {
  const at = params.at ? Number(String(params.at).slice(1)) : undefined
  return { roomId: Number(params.roomId), at }
}

/** The login page, which leads back to `to`. */
export function loginFor(to: RouteLocationNormalized) {
  return { path: '/login', query: to.fullPath === '/' ? {} : { next: to.fullPath } }
}

/** Where to go after signing in. */
export function afterEntry({ query }: RouteLocationNormalized): string {
  const { next } = query
  // A path of this site only, never `//elsewhere`.
  return typeof next === 'string' && /^\/(?!\/)/.test(next) ? next : '/'
}
