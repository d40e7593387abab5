import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts', 'packages/*/src/**/*.test.ts'],
    globalSetup: ['tests/support/globalSetup.ts'],
    // Tests start real processes and listen on real ports: a process of its own per file, and few
    // of them at a time, so that a small machine measures the subject and not the queue for a core.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 90_000,
  },
});
