/** Results as a person goes through them: narrowed, shared by a link, explained, exported. */
import { Designer } from './designer.js';
import { expect, test } from './fixtures.js';
import { createPipeline, QUICK, sample } from './pipelines.js';

test('narrows, shares, explains and exports what a model has made', async ({ page, browser, server }) => {
  const document = sample({
    ...QUICK,
    'train-pytorch-model': { epochs: 1, batch_size: 64 },
  });
  const testing = document.wires.find(({ to }) => to[0] === 'score' && to[1] === 'dataset');
  const score = document.nodes.find(({ id }) => id === 'score');
  if (testing === undefined || score === undefined) throw new Error('the sample has changed');
  document.nodes.push({
    ...score,
    id: 'export',
    module: 'export-model',
    parameters: { format: 'torch.export' },
    position: [score.position[0] + 300, score.position[1]],
  });
  document.wires.push(
    { from: ['train', 'trained_model'], to: ['export', 'trained_model'] },
    { from: testing.from, to: ['export', 'dataset'] },
  );
  const id = await createPipeline(server.url, document);
  const designer = new Designer(page);
  await designer.open(`/pipelines/${id}`);
  await designer.submit();
  await expect(designer.node('score')).toHaveAttribute('data-run', 'completed', { timeout: 120_000 });

  // Each filter is a step of the address, which Back takes back.
  await designer.select('score');
  await designer.tab('Outputs');
  await designer.inspector.getByRole('button', { name: 'Open' }).click();
  const viewer = page.getByRole('dialog');
  await viewer.getByRole('button', { name: /^Wrong/ }).click();
  await expect(page).toHaveURL(/only=wrong/);
  const row = viewer.getByRole('row').nth(1);
  const surest = await row.innerText();
  await viewer.getByRole('combobox', { name: 'Order' }).click();
  await page.getByRole('option', { name: 'Least sure first' }).click();
  await expect(page).toHaveURL(/order=confidence/);
  await expect.poll(() => row.innerText()).not.toBe(surest);
  const second = await browser.newPage({
    baseURL: server.url,
    viewport: { width: 390, height: 844 },
  });
  await second.goto(page.url());
  await expect(second.getByRole('button', { name: /^Wrong/ })).toHaveAttribute('aria-pressed', 'true');
  await expect(second.getByRole('combobox', { name: 'Order' })).toContainText('Least sure first');
  await second.close();
  await page.goBack();
  await expect(viewer.getByRole('combobox', { name: 'Order' })).toContainText('Mistakes first');
  await expect.poll(() => row.innerText()).toBe(surest);

  // What the network looked at.
  await row.getByRole('button').first().click();
  await page.getByRole('button', { name: 'Explain' }).click();
  const heat = page.getByAltText(/Heat map/);
  await expect(heat).toBeVisible({ timeout: 120_000 });
  await expect
    .poll(() => heat.evaluate((image: HTMLImageElement) => image.complete && image.naturalWidth))
    .toBeGreaterThan(100);
  await expect(page.getByText(/Which places speak for|No place of this image/)).toBeVisible();
  await page.getByRole('button', { name: /^True:/ }).click();
  await expect(page.getByRole('button', { name: /^True:/ })).toHaveAttribute('aria-pressed', 'true');
  await expect(heat).toBeVisible({ timeout: 120_000 });
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect(page).toHaveURL(new RegExp(`/runs/${designer.runId()}$`));

  // A cell of the matrix has an address too.
  await expect(designer.node('evaluate')).toHaveAttribute('data-run', 'completed');
  await designer.select('evaluate');
  await designer.inspector.getByRole('button', { name: 'Open' }).click();
  const matrix = viewer.getByRole('grid', { name: 'Confusion matrix' });
  await matrix
    .getByRole('button', { name: /: [1-9]/ })
    .first()
    .click();
  await expect(page).toHaveURL(/cell=0%2C\d+%2C\d+/);
  await page.reload();
  await expect(page.getByRole('dialog', { name: /taken for|recognised/ })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('dialog', { name: /taken for|recognised/ })).toBeHidden();
  await expect(matrix).toBeVisible();
  await page.keyboard.press('Escape');

  // The exported model says what was checked, and is downloaded as one file.
  await expect(designer.node('export')).toHaveAttribute('data-run', 'completed', { timeout: 120_000 });
  await designer.select('export');
  await designer.tab('Outputs');
  await designer.inspector.getByRole('button', { name: 'Open' }).click();
  await expect(viewer.getByText(/gives the labels that the original gives/)).toBeVisible();
  const downloading = page.waitForEvent('download');
  await viewer.getByRole('button', { name: 'Download model.pt2' }).click();
  expect((await downloading).suggestedFilename()).toBe('model.pt2');
});
