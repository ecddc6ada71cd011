/** Knowing before running: facts on wires and ports, remarks with a fix to click. */
import { Designer } from './designer.js';
import { expect, test } from './fixtures.js';
import { createPipeline, QUICK, sample } from './pipelines.js';

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

test('walks through the faults by keys, to the field or port of each', async ({ page, server }) => {
  const document = sample({ 'train-pytorch-model': { epochs: 0 } });
  document.wires = document.wires.filter(({ to }) => to[0] !== 'split-a');
  const id = await createPipeline(server.url, document);
  const designer = new Designer(page);
  await designer.open(`/pipelines/${id}`);
  await expect(page.locator('.react-flow__edge')).toHaveCount(14);
  await page.keyboard.press('Control+Enter');
  const faults = page.getByRole('region', { name: 'Faults' });
  const epochs = designer.inspector.getByLabel('Epochs', { exact: true });
  await expect(faults).toContainText('1 of 2');
  await expect(epochs).toBeFocused();
  await page.keyboard.press('F8');
  await expect(faults).toContainText('2 of 2');
  await expect(designer.port(['split-a', 'input_image_directory'], 'input')).toBeFocused();
  await page.keyboard.press('F8');
  await expect(epochs).toBeFocused();
  await page.keyboard.press('Shift+F8');
  await expect(faults.getByRole('alert')).toContainText('Nothing is wired to input');

  // What is mended leaves the list.
  await page.keyboard.press('F8');
  await designer.setNumber('Epochs', 3);
  await expect(faults).toContainText('1 of 1');
  expect(page.url()).not.toContain('/runs/');
});

test('rehearses, and tells time and memory of each node and of all', async ({ page, server }) => {
  const id = await createPipeline(server.url, sample(QUICK));
  const designer = new Designer(page);
  await designer.open(`/pipelines/${id}`);
  await page.getByRole('button', { name: /What Submit would do/ }).click();
  const rehearsal = page.getByRole('region', { name: 'Rehearsal' });
  await rehearsal.getByRole('button', { name: 'Rehearse' }).click();
  await expect(rehearsal.getByRole('status')).toContainText(/^About .+, .+ [MG]B on This computer/, {
    timeout: 120_000,
  });
  const ofNode = (title: string) => rehearsal.getByRole('paragraph').filter({ hasText: title });
  await expect(ofNode('Train PyTorch Model')).toContainText(/ an epoch · .+ · .+ [MG]B$/);
  await expect(ofNode('Score Image Model')).toContainText(/ · .+ [MG]B$/);
});
