/**
 * Makes the pictures in docs/images anew from the running product, light and dark: node docs/pictures.mjs
 * It trains the DenseNet sample twice, which takes some minutes. Look at what comes out before committing it.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium } from '@playwright/test';

const ROOT = resolve(import.meta.dirname, '..');
const IMAGES = join(ROOT, 'docs/images');
const LONG = 1_800_000;

const port = await new Promise((done) => {
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const { port } = probe.address();
    probe.close(() => done(port));
  });
});
const url = `http://127.0.0.1:${port}`;
const home = mkdtempSync(join(tmpdir(), 'torchwire-pictures-'));
const server = spawn(
  join(ROOT, '.venv/bin/torchwire'),
  ['serve', '--home', home, '--port', String(port), '--no-open'],
  { stdio: 'ignore' },
);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
try {
  while (
    !(await fetch(`${url}/healthz`).then(
      (answer) => answer.ok,
      () => false,
    ))
  )
    await sleep(200);
  await makePictures();
} finally {
  await browser.close();
  server.kill('SIGTERM');
  await new Promise((done) => server.once('exit', done));
  rmSync(home, { recursive: true, force: true });
}

async function makePictures() {
  const document = JSON.parse(
    readFileSync(join(ROOT, 'examples/image-classification-densenet.json'), 'utf8'),
  );
  const { pipeline } = await ask('POST', 'pipelines', { document });
  const first = await submit(pipeline.id);
  const address = `/pipelines/${pipeline.id}/runs/${first}`;

  // While it trains: the curves grow.
  await until(first, ({ nodes }) => nodes.train.metrics.filter(({ axis }) => axis === 'epoch').length >= 4);
  await both(address, 'training', async (page) => {
    await node(page, 'train').click({ position: { x: 60, y: 10 } });
    await page.getByRole('tab', { name: 'Metrics' }).click();
    await page.getByText('Images per second').first().waitFor();
  });
  await until(first, (run) => run.status === 'completed');
  await both(address, 'designer', (page) => node(page, 'evaluate').getByText('Accuracy').waitFor());
  await both(`${address}?node=evaluate&output=evaluation_results`, 'confusion-matrix', (page) =>
    page.getByRole('grid', { name: 'Confusion matrix' }).waitFor(),
  );

  // What a change would do, then what it did.
  const { pipeline: draft } = await ask('GET', `pipelines/${pipeline.id}`);
  const train = draft.document.nodes.find((one) => one.id === 'train');
  Object.assign(train.parameters, { epochs: 2, learning_rate: 0.05 });
  await ask('PUT', `pipelines/${pipeline.id}`, { document: draft.document, revision: draft.revision });
  await both(`/pipelines/${pipeline.id}`, 'plan', async (page) => {
    const plan = page.getByRole('button', { name: /What Submit would do/ });
    await plan.waitFor();
    await plan.click();
    await page
      .getByRole('dialog', { name: 'What Submit would do' })
      .getByRole('region', { name: 'Reused' })
      .waitFor();
  });
  const second = await submit(pipeline.id);
  await until(second, (run) => run.status === 'completed');
  await both(`/compare?runs=${first},${second}`, 'compare', (page) =>
    page.getByText('Validation loss').first().waitFor(),
  );
}

/** One picture on a light page and one on a dark page, once the page shows what it is about. */
async function both(address, name, prepare) {
  for (const colorScheme of ['light', 'dark']) {
    const context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      colorScheme,
      baseURL: url,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(address);
    await prepare(page);
    await sleep(1500); // what is drawn with a motion comes to rest
    await page.screenshot({ path: join(IMAGES, `${name}${colorScheme === 'dark' ? '-dark' : ''}.png`) });
    await context.close();
  }
}

function node(page, id) {
  return page.locator(`[data-node-id="${id}"]`);
}

async function submit(pipelineId) {
  return (await ask('POST', 'runs', { pipeline_id: pipelineId })).run.id;
}

async function until(runId, wanted) {
  for (const end = Date.now() + LONG; Date.now() < end; await sleep(500)) {
    const { run } = await ask('GET', `runs/${runId}`);
    if (wanted(run)) return;
    if (run.status === 'failed') throw new Error(JSON.stringify(run.error ?? run.nodes));
  }
  throw new Error('the run took too long');
}

async function ask(method, path, body) {
  const answer = await fetch(`${url}/api/v1/${path}`, {
    method,
    headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

function sleep(milliseconds) {
  return new Promise((done) => setTimeout(done, milliseconds));
}
