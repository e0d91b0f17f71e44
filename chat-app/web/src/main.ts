import { createApp } from 'vue'
import './styles/tokens.css'
import './styles/base.css'
import './styles/controls.css'
import App from './App.vue'
import { followLocale, i18n } from './i18n'
import { router } from './router'
import { applyPreferences } from './stores/preferences'

applyPreferences()
void followLocale().then(() => createApp(App).use(i18n).use(router).mount('#app'))

// Absent on plain http other than localhost.
if (import.meta.env.PROD) void navigator.serviceWorker?.register('/sw.js', { type: 'module' })
