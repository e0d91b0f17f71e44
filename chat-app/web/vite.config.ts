import vue from '@vitejs/plugin-vue'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

const server = process.env.CHAT_SERVER ?? 'http://127.0.0.1:8080'

/** What the chat server answers itself, so the development server passes it on. */
const apiPaths = ['/auth', '/member', '/chat', '/file', '/admin/api', '/info', '/health']

/** Names the texts of all languages in the page, so that the service worker keeps them with it. */
const prefetchTexts: Plugin = {
  name: 'prefetch-texts',
  transformIndexHtml: (_, { bundle = {} }) =>
    Object.values(bundle)
      .filter(({ type, name }) => type === 'chunk' && (name === 'ko' || name === 'en'))
      .map(({ fileName }) => ({
        tag: 'link',
        attrs: { rel: 'prefetch', as: 'script', crossorigin: true, href: `/${fileName}` },
        injectTo: 'head',
      })),
}

export default defineConfig({
  plugins: [vue(), prefetchTexts],
  define: {
    __VUE_OPTIONS_API__: false,
    __VUE_I18N_FULL_INSTALL__: false,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
  },
  build: {
    target: ['chrome123', 'firefox128', 'safari17.5'],
    // The content security policy allows no data: URIs.
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: { index: 'index.html', sw: 'src/worker/sw.ts' },
      // Browsers know a service worker by its address.
      output: { entryFileNames: ({ name }) => (name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js') },
    },
  },
  server: {
    proxy: {
      ...Object.fromEntries(apiPaths.map((path) => [path, server])),
      '/ws-connect': { target: server, ws: true },
    },
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.ts'],
  },
})
