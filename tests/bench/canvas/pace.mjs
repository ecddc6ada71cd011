/** What every benchmark in a browser shares: which browser, how many frames a second, and what a step costs. */
import { existsSync } from 'node:fs';

const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path !== undefined && existsSync(path),
);
export const EXECUTABLE = executablePath === undefined ? {} : { executablePath };

const LASTS_MS = 1500;
const FRAME_MS = 1000 / 60;
const TRACED_STEPS = 30;

/**
 * Frames a second of the page while `move` goes on: a move for every frame of the screen, whether or not the page has
 * drawn the one before. Were each waited for, a page that takes long would count the frames in which it has nothing to do.
 */
export async function frames({ page }, move) {
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
export async function work({ tracer }, move) {
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
