/** Runs to go back to: followed from another tab, found, compared, cloned. Nothing is trained. */
import { Designer } from './designer.js';
import { expect, test } from './fixtures.js';
import { createPipeline, sample } from './pipelines.js';

/** The first three nodes of the sample. */
function small() {
  const document = sample();
  const kept = new Set(['dataset', 'convert', 'split-a']);
  document.nodes = document.nodes.filter(({ id }) => kept.has(id));
  document.wires = document.wires.filter(({ from, to }) => kept.has(from[0]) && kept.has(to[0]));
  return document;
}

test('tells of the end in another tab, compares two runs and clones one', async ({ page, server }) => {
  test.setTimeout(240_000); // two runs and four views on a busy machine
  await page.addInitScript(() => {
    const told: string[] = [];
    const notify = (title: string) => {
      told.push(title);
      return {};
    };
    function Notice(title: string) {
      return notify(title);
    }
    Object.assign(window, { told, Notification: Object.assign(Notice, { permission: 'granted' }) });
  });
  const id = await createPipeline(server.url, small());
  const designer = new Designer(page);
  await designer.open(`/pipelines/${id}`);
  const first = await designer.submit();
  const split = designer.node('split-a');
  await expect(split).toHaveAttribute('data-run', 'completed', { timeout: 60_000 });
  await expect(page.getByRole('status').filter({ hasText: 'The run has finished' })).toBeAttached();
  await expect(page).toHaveTitle(/^✓ Completed · /);

  // The next one ends while another tab is looked at; what it will do is known before.
  await page.getByRole('button', { name: 'Tell me when the run is over' }).click();
  await designer.select('split-a');
  await designer.setNumber('Fraction of images in the first output', 0.8);
  await expect(split).toContainText('0.9 → 0.8');
  await page.evaluate(() => Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' }));
  await page.getByRole('button', { name: 'Submit', exact: true }).click();
  await expect.poll(() => designer.runId()).not.toBe(first);
  await expect
    .poll(() => page.evaluate(() => (window as unknown as { told: string[] }).told), { timeout: 60_000 })
    .toEqual(['Completed: Image classification using ResNet']);
  const second = designer.runId();

  const sections = page.getByRole('navigation', { name: 'Library sections' });
  await sections.getByRole('button', { name: 'Runs', exact: true }).click();
  const runs = page.getByRole('list', { name: 'Runs' }).getByRole('listitem');
  await expect(runs).toHaveCount(2);
  await page.getByLabel('Search runs by name').fill('no such name');
  await expect(page.getByText('No run fits these filters.')).toBeVisible();
  await page.getByLabel('Search runs by name').fill('ResNet');
  await expect(runs).toHaveCount(2);

  await page.getByRole('button', { name: 'Compare runs' }).click();
  await runs.nth(1).getByRole('button').click();
  await runs.nth(0).getByRole('button').click();
  await page.getByRole('button', { name: 'Compare', exact: true }).click();
  await expect(page).toHaveURL(new RegExp(`/compare\\?runs=${first}(,|%2C)${second}`));
  const change = page.getByRole('row', { name: /Split A.*Fraction of images/ });
  await expect(change.getByRole('cell')).toHaveText(['0.9', '0.8']);
  await page.getByRole('button', { name: 'Copy the link' }).click();
  await expect(page.getByRole('button', { name: 'Link copied' })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(page.url());

  await page.goBack();
  await runs.nth(1).getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Clone into a new draft' }).click();
  await expect(
    page.getByText('Cloned into ‘Image classification using ResNet (copy)’').first(),
  ).toBeVisible();
  await expect(page).not.toHaveURL(new RegExp(id));
  await expect(page.locator('[data-node-id]')).toHaveCount(3);
  await expect(page.getByText('No runs of this pipeline yet')).toBeVisible();
  await designer.select('split-a');
  await expect(
    designer.inspector.getByLabel('Fraction of images in the first output', { exact: true }),
  ).toHaveValue('0.9');
});
