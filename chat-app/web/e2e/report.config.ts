import { defineConfig } from 'vitest/config'

/** What is looked at by people and gates nothing. */
export default defineConfig({
  test: {
    include: ['e2e/*.report.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    fileParallelism: false,
  },
})
