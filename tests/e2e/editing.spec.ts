/** Editing without fear: undo, drafts that stay, wires that don't fit. */
import { Designer } from './designer.js';
import { expect, test } from './fixtures.js';
import { createPipeline, sample } from './pipelines.js';

test('keeps a draft through a reload and undoes parameters and wires', async ({ page, server }) => {
  const id = await createPipeline(server.url, sample());
  const designer = new Designer(page);
  await designer.open(`/pipelines/${id}`);
  const wires = page.locator('.react-flow__edge');
  await expect(wires).toHaveCount(15);

  await designer.select('train');
  await designer.setNumber('Epochs', 7);
  await designer.saved();
  await page.reload();
  await designer.select('train');
  await expect(designer.inspector.getByLabel('Epochs', { exact: true })).toHaveValue('7');

  await designer.setNumber('Epochs', 9);
  await designer.node('evaluate').click({ position: { x: 60, y: 10 } });
  await page.keyboard.press('Delete');
  await expect(designer.node('evaluate')).toBeHidden();
  await expect(wires).toHaveCount(14);
  await page.keyboard.press('Control+z');
  await expect(designer.node('evaluate')).toBeVisible();
  await expect(wires).toHaveCount(15);
  await page.keyboard.press('Control+z');
  await designer.select('train');
  await expect(designer.inspector.getByLabel('Epochs', { exact: true })).toHaveValue('7');
});

test('refuses a wire that does not fit, with the reason', async ({ page, server }) => {
  const id = await createPipeline(server.url, sample());
  const designer = new Designer(page);
  await designer.open(`/pipelines/${id}`);
  const wires = page.locator('.react-flow__edge');
  await expect(wires).toHaveCount(15);
  await designer.dragWire(['init', 'output_image_transformation'], ['score', 'dataset']);
  await expect(
    page.getByText(/takes an? ImageDirectory, not an? TransformationDirectory/i).first(),
  ).toBeVisible();
  await expect(wires).toHaveCount(15);
});

test('tells the second of two tabs and overwrites nothing', async ({ page, context, server }) => {
  const id = await createPipeline(server.url, sample());
  const first = new Designer(page);
  await first.open(`/pipelines/${id}`);
  const other = await context.newPage();
  const second = new Designer(other);
  await second.open(`/pipelines/${id}`);

  await first.select('train');
  await first.setNumber('Epochs', 11);
  await first.saved();
  await second.select('train');
  await second.setNumber('Epochs', 12);
  await expect(other.getByText(/changed in another tab/)).toBeVisible();

  const answer = (await (await fetch(`${server.url}/api/v1/pipelines/${id}`)).json()) as {
    pipeline: { document: { nodes: { id: string; parameters: { epochs?: number } }[] } };
  };
  expect(answer.pipeline.document.nodes.find((node) => node.id === 'train')?.parameters.epochs).toBe(11);
});

test('copies and pastes nodes with their wires', async ({ page, server }) => {
  const id = await createPipeline(server.url, sample());
  const designer = new Designer(page);
  await designer.open(`/pipelines/${id}`);
  await expect(page.locator('[data-node-id]')).toHaveCount(12);
  await designer.select('split-a');
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Control+c');
  await page.keyboard.press('Control+v');
  await expect(page.locator('[data-node-id]')).toHaveCount(24);
  await expect(page.locator('.react-flow__edge')).toHaveCount(30);
});
