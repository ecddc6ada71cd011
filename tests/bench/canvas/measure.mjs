/**
 * Frames a second while a person pans, zooms and drags: our canvas beside the bare page, turn by turn in one browser.
 *
 *     node measure.mjs OURS BARE ROUNDS → {"pan": {"ours": […], "bare": […]}, "zoom": …, "drag": …}
 */
import { existsSync } from 'node:fs';
import { chromium } from '@playwright/test';

const [ours, bare, rounds] = process.argv.slice(2);
const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path !== undefined && existsSync(path),
);
const LASTS_MS = 1200;

const browser = await chromium.launch({
  ...(executablePath === undefined ? {} : { executablePath }),
  args: ['--no-sandbox', '--disable-gpu'],
});

async function open(url) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.goto(url);
  await page.locator('.react-flow__node').first().waitFor({ timeout: 60_000 });
  await page.waitForTimeout(2500);
  const canvas = await page.locator('.react-flow').boundingBox();
  return { page, canvas };
}

/** Frames a second of the page while `move` goes on. */
async function frames(page, move) {
  await page.evaluate(() => {
    window.counted = 0;
    window.counting = true;
    const count = () => {
      if (!window.counting) return;
      window.counted += 1;
      requestAnimationFrame(count);
    };
    requestAnimationFrame(count);
  });
  const begun = performance.now();
  for (let step = 0; performance.now() - begun < LASTS_MS; step += 1) await move(step);
  const lasted = performance.now() - begun;
  const counted = await page.evaluate(() => {
    window.counting = false;
    return window.counted;
  });
  return (counted * 1000) / lasted;
}

const swing = (step, reach) => Math.sin(step / 9) * reach;

const GESTURES = {
  async pan({ page, canvas }) {
    const [x, y] = [canvas.x + canvas.width / 2, canvas.y + canvas.height / 2];
    await page.mouse.move(x, y);
    await page.mouse.down({ button: 'middle' });
    const rate = await frames(page, (step) => page.mouse.move(x + swing(step, 150), y + swing(step, 90)));
    await page.mouse.move(x, y);
    await page.mouse.up({ button: 'middle' });
    return rate;
  },
  async zoom({ page, canvas }) {
    await page.mouse.move(canvas.x + canvas.width / 2, canvas.y + canvas.height / 2);
    return frames(page, (step) => page.mouse.wheel(0, Math.floor(step / 8) % 2 === 0 ? 40 : -40));
  },
  async drag({ page }) {
    // A node in the middle of what is seen.
    const at = await page.evaluate(() => {
      const [width, height] = [innerWidth / 2, innerHeight / 2];
      const boxes = [...document.querySelectorAll('.react-flow__node')].map((node) => {
        const box = node.getBoundingClientRect();
        return { x: box.left + box.width / 2, y: box.top + Math.min(box.height / 2, 6) };
      });
      const far = ({ x, y }) => Math.hypot(x - width, y - height);
      return boxes.reduce((best, box) => (far(box) < far(best) ? box : best));
    });
    // Selected before: what a click opens beside the canvas is no part of a drag.
    await page.mouse.click(at.x, at.y);
    await page.waitForTimeout(400);
    await page.mouse.down();
    const rate = await frames(page, (step) =>
      page.mouse.move(at.x + swing(step, 60), at.y + swing(step, 40)),
    );
    await page.mouse.move(at.x, at.y);
    await page.mouse.up();
    return rate;
  },
};

const sides = { ours: await open(ours), bare: await open(bare) };
const result = {};
for (const [gesture, perform] of Object.entries(GESTURES)) {
  result[gesture] = { ours: [], bare: [] };
  for (let round = 0; round < Number(rounds); round += 1) {
    for (const [name, side] of Object.entries(sides)) {
      await side.page.bringToFront();
      result[gesture][name].push(await perform(side));
    }
  }
}
console.log(JSON.stringify(result));
await browser.close();
