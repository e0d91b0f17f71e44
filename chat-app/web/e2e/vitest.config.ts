import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['e2e/*.e2e.ts'],
    testTimeout: 90_000,
    // The first start of the server may have to build it.
    hookTimeout: 600_000,
    // One server and one browser per file; two at a time would only fight for the processor.
    fileParallelism: false,
  },
})
