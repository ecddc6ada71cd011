/** Knowing before running: facts on wires and ports, remarks with a fix to click. */
import { Designer } from './designer.js';
import { expect, test } from './fixtures.js';
import { createPipeline, sample } from './pipelines.js';

test('tells what flows, remarks on a crop too large, and mends it with a click', async ({ page, server }) => {
  const document = sample({
    'init-image-transformation': { size: 64, crop_size: 224 },
  });
  const id = await createPipeline(server.url, document);
  const designer = new Designer(page);
  await designer.open(`/pipelines/${id}`);

  const mark = designer.node('init').locator('[data-remarks]');
  await expect(mark).toHaveAttribute('data-tone', 'warning');
  await designer.port(['convert', 'output_image_directory'], 'output').hover();
  await expect(page.getByRole('tooltip')).toContainText('1,000 images, 10 categories, 28×28');

  await designer.select('init');
  await expect(designer.inspector.getByText('What comes out')).toBeVisible();
  const field = designer.inspector.getByLabel('Crop size', { exact: true });
  await mark.click();
  const card = page.getByRole('dialog', { name: 'Remarks about this node' });
  await expect(card).toContainText('puts a black border around them');
  await card.getByRole('button', { name: "Set 'Crop size' to 64" }).click();
  await expect(field).toHaveValue('64');
  await expect(mark).toBeHidden();

  await page.keyboard.press('Control+z');
  await expect(field).toHaveValue('224');
  await expect(mark).toBeVisible();
  await designer.inspector.getByRole('button', { name: "Set 'Crop size' to 64" }).click();
  await expect(field).toHaveValue('64');
});

test('holds Submit back for what is sure to fail', async ({ page, server }) => {
  const id = await createPipeline(server.url, sample({ 'split-image-directory': { fraction: 1 } }));
  const designer = new Designer(page);
  await designer.open(`/pipelines/${id}`);
  await expect(designer.node('split-a').locator('[data-remarks]')).toHaveAttribute('data-tone', 'error');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByText('The second output gets no image').first()).toBeVisible();
  expect(page.url()).not.toContain('/runs/');
  await designer.inspector.getByRole('button', { name: 'Set the fraction to 0.9' }).click();
  await expect(designer.node('split-a').locator('[data-remarks]')).toBeHidden();
});
