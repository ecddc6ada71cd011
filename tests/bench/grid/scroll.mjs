/**
 * Frames a second while the wheel turns over a grid of images: ours beside the bare page, turn by turn in one browser,
 * each time over pictures that have not been seen. `work` is what one step costs the page's main thread, in milliseconds
 * of the processor; `late` how long the last picture in sight takes once the wheel has stopped.
 *
 *     node scroll.mjs OURS BARE ROUNDS
 *     → {"frames": {"ours": […], "bare": […]}, "work": {"ours": 3.1, "bare": 1.2}, "late": […]}
 */
import { chromium } from '@playwright/test';
import { EXECUTABLE, frames, work } from '../canvas/pace.mjs';

const [ours, bare, rounds] = process.argv.slice(2);
/** Pixels of one step: nearly a row a frame, as far as a hand goes that is looking for something. */
const STEP = 120;

const browser = await chromium.launch({ ...EXECUTABLE, args: ['--no-sandbox', '--disable-gpu'] });

async function open(url, item) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.goto(url);
  await page.locator(item).first().waitFor({ timeout: 60_000 });
  await page.waitForTimeout(2500);
  const tracer = await browser.newBrowserCDPSession();
  const box = await page.locator(item).first().boundingBox();
  await page.mouse.move(box.x + 60, box.y + 200);
  return { page, tracer };
}

/** Milliseconds until every picture in sight is there. */
async function late({ page }) {
  const begun = performance.now();
  await page.waitForFunction(() => {
    const cells = [...document.querySelectorAll('[data-index]')].filter((cell) => {
      const { top, bottom } = cell.getBoundingClientRect();
      return bottom > 150 && top < innerHeight - 50;
    });
    return cells.length > 0 && cells.every((cell) => cell.querySelector('img')?.naturalWidth > 0);
  });
  return performance.now() - begun;
}

const sides = { ours: await open(ours, '[data-index] img'), bare: await open(bare, '#all div') };
const result = { frames: { ours: [], bare: [] }, work: {}, late: [] };
for (let round = 0; round < Number(rounds); round += 1) {
  const turn = Object.entries(sides);
  for (const [name, side] of round % 2 === 0 ? turn : turn.reverse()) {
    await side.page.bringToFront();
    result.frames[name].push(await frames(side, () => side.page.mouse.wheel(0, STEP)));
    if (name === 'ours') result.late.push(await late(side));
  }
}
for (const [name, side] of Object.entries(sides)) {
  await side.page.bringToFront();
  result.work[name] = await work(side, () => side.page.mouse.wheel(0, STEP));
}
console.log(JSON.stringify(result));
await browser.close();
