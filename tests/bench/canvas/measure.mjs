/**
 * Frames a second while a person pans, zooms and drags: our canvas beside the bare page, turn by turn in one browser.
 * `work` is what one step of the gesture costs the page's main thread in milliseconds of the processor, from a trace:
 * it hardly depends on what else the machine does.
 *
 *     node measure.mjs OURS BARE ROUNDS
 *     → {"pan": {"frames": {"ours": […], "bare": […]}, "work": {"ours": 12.3, "bare": 14.5}}, "zoom": …, "drag": …}
 */
import { chromium } from '@playwright/test';
import { EXECUTABLE, frames, work } from './pace.mjs';

const [ours, bare, rounds] = process.argv.slice(2);

const browser = await chromium.launch({ ...EXECUTABLE, args: ['--no-sandbox', '--disable-gpu'] });

async function open(url) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.goto(url);
  await page.locator('.react-flow__node').first().waitFor({ timeout: 60_000 });
  await page.waitForTimeout(2500);
  const canvas = await page.locator('.react-flow').boundingBox();
  const tracer = await browser.newBrowserCDPSession();
  return { page, canvas, tracer };
}

const swing = (step, reach) => Math.sin(step / 9) * reach;

/** Each performs its moves under `measure`, and returns what that says. */
const GESTURES = {
  async pan(side, measure) {
    const { page, canvas } = side;
    const [x, y] = [canvas.x + canvas.width / 2, canvas.y + canvas.height / 2];
    await page.mouse.move(x, y);
    await page.mouse.down({ button: 'middle' });
    const answer = await measure(side, (step) => page.mouse.move(x + swing(step, 150), y + swing(step, 90)));
    await page.mouse.move(x, y);
    await page.mouse.up({ button: 'middle' });
    return answer;
  },
  async zoom(side, measure) {
    const { page, canvas } = side;
    await page.mouse.move(canvas.x + canvas.width / 2, canvas.y + canvas.height / 2);
    return measure(side, (step) => page.mouse.wheel(0, Math.floor(step / 8) % 2 === 0 ? 40 : -40));
  },
  async drag(side, measure) {
    const { page } = side;
    // A node in the middle of what is seen, not under another, held where neither page has a port.
    const at = await page.evaluate(() => {
      const [width, height] = [innerWidth / 2, innerHeight / 2];
      const boxes = [...document.querySelectorAll('.react-flow__node')].map((node) => {
        const box = node.getBoundingClientRect();
        const [x, y] = [box.left + box.width / 4, box.top + Math.min(box.height / 2, 12)];
        return { id: node.dataset.id, x, y, free: node.contains(document.elementFromPoint(x, y)) };
      });
      const far = ({ x, y }) => Math.hypot(x - width, y - height);
      return boxes.filter(({ free }) => free).reduce((best, box) => (far(box) < far(best) ? box : best));
    });
    const left = () =>
      page.evaluate(
        (id) => document.querySelector(`.react-flow__node[data-id="${id}"]`).getBoundingClientRect().left,
        at.id,
      );
    // Selected before: what a click opens beside the canvas is no part of a drag.
    await page.mouse.click(at.x, at.y);
    await page.waitForTimeout(400);
    const before = await left();
    await page.mouse.down();
    // @xyflow/react begins a drag where the pointer is by then: a first long move would leave the node behind for good.
    await page.mouse.move(at.x + 3, at.y);
    const answer = await measure(side, (step) =>
      page.mouse.move(at.x + swing(step, 60), at.y + swing(step, 40)),
    );
    await page.mouse.move(at.x + 60, at.y);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
    const moved = (await left()) - before;
    if (Math.abs(moved - 60) > 20)
      console.error(`${page.url()}: the drag moved its node by ${moved.toFixed()} px, not by 60.`);
    await page.mouse.move(at.x, at.y);
    await page.mouse.up();
    return answer;
  },
};

const sides = { ours: await open(ours), bare: await open(bare) };
const result = {};
for (const [gesture, perform] of Object.entries(GESTURES)) {
  const made = { frames: { ours: [], bare: [] }, work: {} };
  for (let round = 0; round < Number(rounds); round += 1) {
    // The first of a turn changes: whatever warms up or wears off is shared.
    const turn = Object.entries(sides);
    for (const [name, side] of round % 2 === 0 ? turn : turn.reverse()) {
      await side.page.bringToFront();
      made.frames[name].push(await perform(side, frames));
    }
  }
  for (const [name, side] of Object.entries(sides)) {
    await side.page.bringToFront();
    made.work[name] = await perform(side, work);
  }
  result[gesture] = made;
}
console.log(JSON.stringify(result));
await browser.close();
