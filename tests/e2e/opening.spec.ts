/** Opening the page: what has to be fetched for it, and what it asks for early. */
import { gzipSync } from 'node:zlib';
import { expect, test } from './fixtures.js';

/** kB (1,000 bytes, gzipped) of JavaScript that the page names; everything else is fetched when it is needed. */
const MOST_KB = 250;

test('needs less than 250 kB of JavaScript to begin', async ({ server }) => {
  const page = await (await fetch(server.url)).text();
  const scripts = [...page.matchAll(/(?:src|href)="(\/[^"]+\.js)"/g)].map(([, path]) => path ?? '');
  expect(scripts.length).toBeGreaterThan(1);
  const weights = await Promise.all(
    scripts.map(async (path) => {
      const content = await (await fetch(server.url + path)).arrayBuffer();
      return gzipSync(new Uint8Array(content), { level: 9 }).length / 1000;
    }),
  );
  expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeLessThan(MOST_KB);
});
