/** Results as a person goes through them: narrowed, shared by a link, explained, exported. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
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

test('scrolls and jumps through thousands of images, and asks for none that it passes', async ({
  page,
  server,
}) => {
  const folder = join(server.home, 'data', 'many');
  for (let category = 0; category < 10; category++) {
    mkdirSync(join(folder, `kind-${String(category)}`), { recursive: true });
    for (let index = 0; index < 300; index++) {
      const path = join(folder, `kind-${String(category)}`, `${String(index)}.png`);
      writeFileSync(path, tinyImage(category * 300 + index));
    }
  }
  const document = sample();
  const kept = new Set(['dataset', 'convert']);
  document.nodes = document.nodes.filter((node) => kept.has(node.id));
  for (const node of document.nodes) if (node.id === 'dataset') node.parameters.path = folder;
  document.wires = document.wires.filter(({ to }) => kept.has(to[0]));
  const id = await createPipeline(server.url, document);
  const designer = new Designer(page);
  await designer.open(`/pipelines/${id}`);
  await designer.submit();
  await expect(designer.node('convert')).toHaveAttribute('data-run', 'completed', { timeout: 120_000 });

  const asked = new Set<number>();
  let thumbnails = 0;
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.pathname.endsWith('/preview')) asked.add(Number(url.searchParams.get('offset') ?? 0));
    if (url.pathname.includes('/images/')) thumbnails += 1;
  });
  await designer.select('convert');
  await designer.tab('Outputs');
  await designer.inspector.getByRole('button', { name: 'Open' }).click();
  const viewer = page.getByRole('dialog');
  const grid = viewer.getByRole('list', { name: 'Images, 3,000' });
  await expect(grid.getByRole('img').first()).toBeVisible();
  await expect(viewer.getByText(/^1–\d+ of 3,000$/)).toBeVisible();

  // To the end at once: what lies between is neither asked for nor drawn.
  await grid.locator('..').evaluate((box) => {
    box.scrollTop = box.scrollHeight;
  });
  await expect(viewer.getByText(/^2,\d{3}–3,000 of 3,000$/)).toBeVisible();
  await expect(grid.locator('[data-index="2999"]').getByRole('img')).toBeVisible();
  expect([...asked].filter((offset) => offset > 240 && offset < 2640)).toEqual([]);
  expect(await grid.getByRole('listitem').count()).toBeLessThan(200);
  expect(thumbnails).toBeLessThan(400);

  await viewer.getByRole('combobox', { name: 'Jump to category' }).click();
  await page.getByRole('option', { name: 'kind-5' }).click();
  await expect(viewer.getByText(/^1,(49\d|50\d)–.* of 3,000$/)).toBeVisible();
  await expect(grid.getByText('kind-5').first()).toBeVisible();
  expect([...asked].filter((offset) => offset > 1800 && offset < 2640)).toEqual([]);

  // By keys: the last one, large, and the one before it.
  await grid.locator('[tabindex="0"]').focus();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await expect(page.getByText('3,000 of 3,000', { exact: true })).toBeVisible();
  await page.keyboard.press('ArrowLeft');
  await expect(page.getByText('2,999 of 3,000', { exact: true })).toBeVisible();
});

/** A PNG of 3 × 3 grey pixels, another one for each number. */
function tinyImage(number: number): Buffer {
  const header = Buffer.from([0, 0, 0, 3, 0, 0, 0, 3, 8, 0, 0, 0, 0]);
  const pixels = Buffer.alloc(12);
  pixels.writeUInt16BE(number, 1);
  const chunks = [chunk('IHDR', header), chunk('IDAT', deflateSync(pixels)), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...chunks]);
}

function chunk(kind: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(kind), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}
