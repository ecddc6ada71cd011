import { existsSync } from 'node:fs';
import { defineConfig, devices } from '@playwright/test';

const installed = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path));

export default defineConfig({
  testDir: '.',
  outputDir: '../../build/e2e',
  fullyParallel: false,
  workers: 1, // training uses every core: beside each other, two trainings take many times as long as in turn
  forbidOnly: process.env.CI !== undefined,
  // Limits are there for what hangs: a busy machine may take ten times as long as an idle one.
  timeout: 300_000,
  expect: { timeout: 60_000 },
  reporter: [['list']],
  use: {
    ...devices['Desktop Chrome'],
    viewport: { width: 1440, height: 900 },
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    permissions: ['clipboard-read', 'clipboard-write'],
    launchOptions: {
      ...(installed === undefined ? {} : { executablePath: installed }),
      args: [
        '--no-sandbox', // tests run as root in containers
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    },
  },
});
