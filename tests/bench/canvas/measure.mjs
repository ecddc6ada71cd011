/**
 * Frames a second while a person pans, zooms and drags: our canvas beside the bare page, turn by turn in one browser.
 * `work` is what one step of the gesture costs the page's main thread in milliseconds of the processor, from a trace:
 * it hardly depends on what else the machine does.
 *
 *     node measure.mjs OURS BARE ROUNDS
 *     → {"pan": {"frames": {"ours": […], "bare": […]}, "work": {"ours": 12.3, "bare": 14.5}}, "zoom": …, "drag": …}
 */
import { existsSync } from 'node:fs';
import { chromium } from '@playwright/test';

const [ours, bare, rounds] = process.argv.slice(2);
const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path !== undefined && existsSync(path),
);
const LASTS_MS = 1500;
const FRAME_MS = 1000 / 60;
const TRACED_STEPS = 30;

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
  const tracer = await browser.newBrowserCDPSession();
  return { page, canvas, tracer };
}

/**
 * Frames a second of the page while `move` goes on: a move for every frame of the screen, whether or not the page has
 * drawn the one before. Were each waited for, a page that takes long would count the frames in which it has nothing to do.
 */
async function frames({ page }, move) {
  await page.evaluate(() => {
    window.drawn = [];
    const count = (now) => {
      window.drawn?.push(now);
      if (window.drawn) requestAnimationFrame(count);
    };
    requestAnimationFrame(count);
  });
  const begun = performance.now();
  const sent = [];
  for (let step = 0; performance.now() - begun < LASTS_MS; step += 1) {
    sent.push(move(step));
    await new Promise((next) => setTimeout(next, FRAME_MS));
  }
  const drawn = await page.evaluate(() => {
    const { drawn } = window;
    window.drawn = null;
    return drawn;
  });
  await Promise.all(sent);
  return ((drawn.length - 1) * 1000) / (drawn.at(-1) - drawn[0]);
}

/** Milliseconds of the processor that one step of `move` costs the page's main thread. */
async function work({ tracer }, move) {
  const threads = new Map();
  const spent = new Map();
  const collect = ({ value }) => {
    for (const event of value) {
      const thread = `${event.pid}:${event.tid}`;
      if (event.name === 'thread_name') threads.set(thread, event.args.name);
      else if (event.name === 'ThreadControllerImpl::RunTask')
        spent.set(thread, (spent.get(thread) ?? 0) + (event.tdur ?? 0));
    }
  };
  tracer.on('Tracing.dataCollected', collect);
  const traceConfig = { includedCategories: ['toplevel', '__metadata'], excludedCategories: ['*'] };
  await tracer.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig });
  for (let step = 0; step < TRACED_STEPS; step += 1) await move(step);
  const complete = new Promise((done) => tracer.once('Tracing.tracingComplete', done));
  await tracer.send('Tracing.end');
  await complete;
  tracer.off('Tracing.dataCollected', collect);
  // The page in front is the one that works.
  const main = [...spent].filter(([thread]) => threads.get(thread) === 'CrRendererMain');
  return Math.max(0, ...main.map(([, time]) => time)) / 1000 / TRACED_STEPS;
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
