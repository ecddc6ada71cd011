/** Watching a run: reloads, second browsers, lost connections, cancelling, failures. */
import { spawnSync } from 'node:child_process';
import { Designer } from './designer.js';
import { expect, test } from './fixtures.js';
import { createPipeline, LONG, QUICK, sample } from './pipelines.js';

/** How long the network is away; a longer time can be given from outside. */
const AWAY_MS = Number(process.env.AWAY_SECONDS ?? 8) * 1000;

/** What the browser itself says of a server that it can't reach. */
const AWAY =
  /net::ERR_(CONNECTION_REFUSED|INTERNET_DISCONNECTED|EMPTY_RESPONSE|CONNECTION_RESET)|WebSocket connection/;

test('shows a run from the start after a reload, in a second browser and after a restart of the server', async ({
  page,
  browser,
  server,
  console,
}) => {
  console.expect(AWAY);
  const id = await createPipeline(server.url, sample(LONG));
  const designer = new Designer(page);
  await designer.open(`/pipelines/${id}`);
  await designer.submit();
  const train = designer.node('train');
  await expect(train).toContainText(/Epoch \d+ of 1000/, { timeout: 120_000 });

  await page.reload();
  await expect(train).toContainText(/Epoch \d+ of 1000/);
  await expect(designer.node('convert')).toContainText(/1,000 images/);

  const second = await browser.newPage({ baseURL: server.url, viewport: { width: 390, height: 844 } });
  await second.goto(page.url());
  await expect(second.getByText(/Epoch \d+ of 1000/).first()).toBeVisible();
  await second.close();

  const attempt = await pidOf(server.url, designer.runId());
  await server.stop();
  await expect(page.getByText(/Connection lost/)).toBeVisible();
  await server.start();
  await expect(page.getByText(/Connection lost/)).toBeHidden({ timeout: 120_000 });
  expect(await pidOf(server.url, designer.runId())).toBe(attempt);
  const seen = (await train.textContent()) ?? '';
  await expect.poll(async () => train.textContent(), { timeout: 120_000 }).not.toBe(seen);

  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  await expect(train).toHaveAttribute('data-run', 'cancelled');
  expect(isAlive(attempt)).toBe(false);
});

test('says that the network is away in the middle of a run, heals by itself and misses no epoch', async ({
  page,
  context,
  server,
  console,
}) => {
  console.expect(AWAY);
  test.setTimeout(180_000 + AWAY_MS);
  const id = await createPipeline(
    server.url,
    sample({ ...LONG, 'split-image-directory': { fraction: 0.2 } }),
  );
  const designer = new Designer(page);
  await designer.open(`/pipelines/${id}`);
  await designer.submit();
  const run = designer.runId();
  const train = designer.node('train');
  await expect(train).toContainText(/Epoch \d+ of 1000/, { timeout: 60_000 });
  await designer.select('train');
  await designer.tab('Metrics');
  const epochs = designer.inspector.getByRole('region', { name: 'Figures by epoch' }).locator('tbody tr');
  await expect.poll(async () => epochs.count(), { timeout: 60_000 }).toBeGreaterThan(1);

  await context.setOffline(true);
  const state = page.getByRole('contentinfo');
  await expect(state).toContainText(/Connection lost ?last heard \d+ s ago/);
  const known = await epochs.count();
  await page.waitForTimeout(AWAY_MS);
  await expect
    .poll(async () => (await epochsOf(server.url, run)).length, { timeout: 60_000 })
    .toBeGreaterThan(known + 1);
  const meanwhile = await epochsOf(server.url, run);
  await expect(state).toContainText(/Connection lost/);
  expect(await epochs.count()).toBe(known);

  await context.setOffline(false);
  await expect(state).not.toContainText(/Connection lost/, { timeout: 20_000 });
  await expect.poll(async () => epochs.count(), { timeout: 30_000 }).toBeGreaterThan(meanwhile.length);
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  await expect(train).toHaveAttribute('data-run', 'cancelled');
  const all = await epochsOf(server.url, run);
  await expect(epochs).toHaveCount(all.length);
  const shown = await epochs.locator('th').allTextContents();
  expect(shown.map((text) => Number.parseInt(text, 10))).toEqual(all);
  expect(all).toEqual(all.map((_, index) => index + 1));
});

test('explains a failure where it happened and skips what stands behind it', async ({ page, server }) => {
  const hopeless = sample({
    ...QUICK,
    'train-pytorch-model': { epochs: 1, batch_size: 64, learning_rate: 1e20 },
  });
  const id = await createPipeline(server.url, hopeless);
  const designer = new Designer(page);
  await designer.open(`/pipelines/${id}`);
  await designer.submit();
  await expect(designer.node('train')).toHaveAttribute('data-run', 'failed', { timeout: 120_000 });
  await expect(designer.node('score')).toHaveAttribute('data-run', 'skipped');
  await designer.select('train');
  await designer.tab('Outputs');
  const error = designer.inspector.getByRole('region', { name: 'Error' });
  await expect(error).toContainText(/learning rate/i);

  // The remedy is one click, and one step back.
  await error.getByRole('button', { name: /halve learning rate/i }).click();
  await expect(error.getByRole('button', { name: 'Submit' })).toBeVisible();
  await error.getByRole('button', { name: 'Undo' }).click();
  await expect(error.getByRole('button', { name: /halve learning rate/i })).toBeVisible();
});

test('foresees what runs, runs up to a node, cancels it alone and shows the run as it was', async ({
  page,
  server,
}) => {
  const id = await createPipeline(
    server.url,
    sample({ ...LONG, 'split-image-directory': { fraction: 0.8 } }),
  );
  const designer = new Designer(page);
  await designer.open(`/pipelines/${id}`);
  const plan = page.getByRole('button', { name: /What Submit would do/ });
  await expect(plan).toBeVisible();

  await designer.select('train');
  await designer.node('train').click({ button: 'right', position: { x: 60, y: 10 } });
  await page.getByRole('menuitem', { name: /Run to here/ }).click();
  await page.waitForURL(/\/runs\/[0-9a-f]+/);
  await expect(designer.node('train')).toContainText(/Epoch \d+ of 1000/, { timeout: 120_000 });
  await expect(designer.node('score')).not.toHaveAttribute('data-run');
  await expect(page.getByText(/Part up to Train/)).toBeVisible();

  const state = designer.inspector.getByRole('region', { name: 'State of the node' });
  await state.getByRole('button', { name: 'Cancel node' }).click();
  await expect(designer.node('train')).toHaveAttribute('data-run', 'cancelled');
  await expect(designer.node('convert')).toHaveAttribute('data-run', 'completed');
  await expect(plan).toHaveAccessibleName(/of 12 run/);

  await designer.setNumber('Batch size', 32);
  await expect(designer.node('train')).toContainText(/Batch size|First run/);
  await plan.click();
  const foreseen = page.getByRole('dialog', { name: 'What Submit would do' });
  await expect(foreseen.getByRole('region', { name: 'Reused' })).toContainText('Split');
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'See it as submitted' }).click();
  const bar = page.getByRole('region', { name: 'The run as it was submitted' });
  await expect(bar).toBeVisible();
  await expect(designer.inspector.getByLabel('Batch size', { exact: true })).toHaveValue('64');
  await expect(designer.inspector.getByLabel('Batch size', { exact: true })).toBeDisabled();
  await page.getByRole('button', { name: 'Replay the run' }).click();
  const slider = page.getByRole('slider', { name: 'Moment of the run' });
  await slider.focus();
  await page.keyboard.press('Home');
  await expect(designer.node('convert')).toHaveAttribute('data-run', 'pending');
  await page.getByRole('button', { name: 'End the replay' }).click();
  await expect(designer.node('convert')).toHaveAttribute('data-run', 'completed');
  await bar.getByRole('button', { name: 'Back to the draft' }).click();
  await expect(designer.inspector.getByLabel('Batch size', { exact: true })).toHaveValue('32');
});

test('reuses what did not change', async ({ page, server }) => {
  const id = await createPipeline(server.url, sample(QUICK));
  const designer = new Designer(page);
  await designer.open(`/pipelines/${id}`);
  await designer.submit();
  const evaluate = designer.node('evaluate');
  await expect(evaluate).toHaveAttribute('data-run', 'completed', { timeout: 120_000 });
  const first = designer.runId();

  await page.getByRole('button', { name: 'Submit', exact: true }).click();
  await expect.poll(() => designer.runId()).not.toBe(first);
  await expect(evaluate).toHaveAttribute('data-run', 'completed');
  const answer = (await (await fetch(`${server.url}/api/v1/runs/${designer.runId()}`)).json()) as {
    run: { nodes: Record<string, { reused: boolean }> };
  };
  const again = Object.entries(answer.run.nodes).filter(([, node]) => !node.reused);
  expect(again.map(([node]) => node)).toEqual(['dataset']);
});

/** Whether a process still does anything; one that only waits to be collected by its parent does not. */
function isAlive(pid: number): boolean {
  const state = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
  return state !== '' && !state.startsWith('Z');
}

/** The epochs that the server knows of. */
async function epochsOf(url: string, run: string): Promise<number[]> {
  const answer = await fetch(`${url}/api/v1/runs/${run}`);
  const { nodes } = (
    (await answer.json()) as {
      run: { nodes: Record<string, { metrics: { axis: string; step: number }[] }> };
    }
  ).run;
  const steps = nodes.train?.metrics.filter(({ axis }) => axis === 'epoch').map(({ step }) => step);
  return [...new Set(steps)].sort((one, other) => one - other);
}

async function pidOf(url: string, run: string): Promise<number> {
  const answer = await fetch(`${url}/api/v1/runs/${run}/events?after=0&limit=1000`);
  const { events } = (await answer.json()) as { events: { type: string; node?: string; pid?: number }[] };
  const pid = events.findLast((event) => event.type === 'node.started' && event.node === 'train')?.pid;
  if (pid === undefined) throw new Error('training has not started');
  return pid;
}
