/**
 * Seconds from the first byte of the page until a person can use it: every node drawn, the palette listed, and a click
 * on a node selects it. Each time in a browser that has never seen the page; our page beside the bare one, turn by turn.
 *
 *     node ready.mjs OURS BARE NODES ROUNDS
 *     → {"ours": {"drawn": […], "usable": […]}, "bare": …}
 */
import { existsSync } from 'node:fs';
import { chromium } from '@playwright/test';

const [ours, bare, nodes, rounds] = process.argv.slice(2);
const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path !== undefined && existsSync(path),
);
const SIDES = {
  ours: { url: ours, listed: '[data-row][data-module]', selected: '.react-flow__node [data-selected]' },
  bare: { url: bare, listed: 'body', selected: '.react-flow__node.selected' },
};

const browser = await chromium.launch({
  ...(executablePath === undefined ? {} : { executablePath }),
  args: ['--no-sandbox', '--disable-gpu'],
});

/** Notes, in the page, when it is drawn and when a node is selected: frame by frame, as it is seen. */
function watch({ nodes, listed, selected }) {
  const look = () => {
    const drawn = [...document.querySelectorAll('.react-flow__node')];
    const isThere =
      drawn.length >= nodes &&
      drawn.every((node) => getComputedStyle(node).visibility === 'visible') &&
      document.querySelector(listed) !== null;
    if (isThere) window.drawnAt ??= performance.now();
    if (isThere && document.querySelector(selected)) window.selectedAt ??= performance.now();
    if (window.selectedAt === undefined) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

async function open({ url, listed, selected }) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(watch, { nodes: Number(nodes), listed, selected });
  await page.goto(url, { waitUntil: 'commit' });
  await page.waitForFunction(() => window.drawnAt !== undefined);
  const { x, y } = await page.evaluate(() => {
    const box = document.querySelector('.react-flow__node').getBoundingClientRect();
    return { x: box.left + box.width / 4, y: box.top + box.height / 2 };
  });
  await page.mouse.click(x, y);
  await page.waitForFunction(() => window.selectedAt !== undefined, null, { timeout: 10_000 });
  const times = await page.evaluate(() => {
    const { responseStart } = performance.getEntriesByType('navigation')[0];
    return { drawn: window.drawnAt - responseStart, usable: window.selectedAt - responseStart };
  });
  await context.close();
  return times;
}

const result = { ours: { drawn: [], usable: [] }, bare: { drawn: [], usable: [] } };
// The first of each warms the server and the disk.
for (const side of Object.values(SIDES)) await open(side);
for (let round = 0; round < Number(rounds); round += 1) {
  const turn = Object.entries(SIDES);
  for (const [name, side] of round % 2 === 0 ? turn : turn.reverse()) {
    const { drawn, usable } = await open(side);
    result[name].drawn.push(drawn / 1000);
    result[name].usable.push(usable / 1000);
  }
}
console.log(JSON.stringify(result));
await browser.close();
