/** Editing without fear: undo, drafts that stay, wires that don't fit. */
import type { Locator } from '@playwright/test';
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

test('keeps two tabs in step, and overwrites nothing where they differ', async ({
  page,
  context,
  server,
}) => {
  const id = await createPipeline(server.url, sample());
  const first = new Designer(page);
  await first.open(`/pipelines/${id}`);
  const other = await context.newPage();
  const second = new Designer(other);
  await second.open(`/pipelines/${id}`);
  await second.select('train');
  const epochs = second.inspector.getByLabel('Epochs', { exact: true });

  await first.select('train');
  await first.setNumber('Epochs', 11);
  await first.saved();
  await expect(epochs).toHaveValue('11');

  // An edit that can't be sent while the other tab goes on: now the two differ.
  await other.route('**/api/v1/pipelines/*', (route) => route.abort());
  await second.setNumber('Epochs', 12);
  await first.setNumber('Epochs', 13);
  await first.saved();
  await other.unroute('**/api/v1/pipelines/*');
  await expect(other.getByText(/^This pipeline was changed in another tab/)).toBeVisible();

  const answer = (await (await fetch(`${server.url}/api/v1/pipelines/${id}`)).json()) as {
    pipeline: { document: { nodes: { id: string; parameters: { epochs?: number } }[] } };
  };
  expect(answer.pipeline.document.nodes.find((node) => node.id === 'train')?.parameters.epochs).toBe(13);
});

test('goes back to any step by name, and says when the canvas was emptied', async ({ page, server }) => {
  const id = await createPipeline(server.url, sample());
  const designer = new Designer(page);
  await designer.open(`/pipelines/${id}`);
  await expect(page.locator('[data-node-id]')).toHaveCount(12);
  await designer.select('evaluate');
  await page.keyboard.press('Delete');
  await expect(page.locator('[data-node-id]')).toHaveCount(11);
  await designer.saved();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  await expect(page.locator('[data-node-id]')).toHaveCount(0);
  await page.getByRole('button', { name: 'Bring it back' }).click();
  await expect(page.locator('[data-node-id]')).toHaveCount(11);

  await page.keyboard.press('Control+Shift+H');
  const steps = page.getByRole('dialog', { name: 'Steps' });
  await expect(steps.getByRole('button', { name: /Delete Evaluate Model/ })).toHaveAttribute(
    'aria-current',
    'step',
  );
  await steps.getByRole('button', { name: /Opened/ }).click();
  await expect(page.locator('[data-node-id]')).toHaveCount(12);
  await page.keyboard.press('Escape');
  await designer.saved();

  // The server's journal says the same, and brings any version back.
  await designer.menu('Version history');
  const versions = page.getByRole('dialog', { name: 'Version history' });
  await expect(versions.getByRole('option', { name: /Undo: Delete Evaluate Model/ })).toBeVisible();
  await versions.getByRole('option', { name: /^Delete Evaluate Model/ }).click();
  await versions.getByRole('button', { name: /^Restore revision/ }).click();
  await expect(page.locator('[data-node-id]')).toHaveCount(11);
  await expect(page.getByRole('button', { name: /^Undo: Restore revision \d+ of/ })).toBeVisible();
});

test('opens a document dropped on the canvas as a new draft', async ({ page, server }) => {
  const id = await createPipeline(server.url, sample());
  const designer = new Designer(page);
  await designer.open(`/pipelines/${id}`);
  const files = await page.evaluateHandle(
    (text) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text], 'pipeline.json', { type: 'application/json' }));
      return transfer;
    },
    JSON.stringify({ ...sample(), name: 'Dropped here' }),
  );
  await designer.canvas.dispatchEvent('dragenter', { dataTransfer: files });
  await designer.canvas.dispatchEvent('dragover', { dataTransfer: files });
  await designer.canvas.dispatchEvent('drop', { dataTransfer: files });
  await expect(page.getByText('Imported ‘Dropped here’').first()).toBeVisible();
  await expect(page).not.toHaveURL(new RegExp(id));
  await expect(page.locator('[data-node-id]')).toHaveCount(12);
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

test('inserts a module into a wire and joins the wire again when it is deleted', async ({ page, server }) => {
  const id = await createPipeline(server.url, sample());
  const designer = new Designer(page);
  await designer.open(`/pipelines/${id}`);
  const wires = page.locator('.react-flow__edge');
  await expect(wires).toHaveCount(15);
  const into = page.getByRole('group', { name: 'Wire from Convert to Image Directory to Split A' });
  const middle = await middleOf(into);
  const canvas = await designer.canvas.boundingBox();
  const added = await designer.drag('apply-image-transformation', {
    x: middle.x - (canvas?.x ?? 0),
    y: middle.y - (canvas?.y ?? 0),
  });
  await expect(wires).toHaveCount(16);
  await expect(into).toBeHidden();
  await expect(page.locator(`.react-flow__node[data-id="${added}"]`)).toBeFocused();

  await page.keyboard.press('Control+Backspace');
  await expect(designer.node(added)).toBeHidden();
  await expect(into).toBeAttached();
  await expect(wires).toHaveCount(15);
  await page.keyboard.press('Control+z');
  await expect(wires).toHaveCount(16);
});

test('inserts a module from the menu of a wire, offering only what fits', async ({ page, server }) => {
  const id = await createPipeline(server.url, sample());
  const designer = new Designer(page);
  await designer.open(`/pipelines/${id}`);
  const wires = page.locator('.react-flow__edge');
  await expect(wires).toHaveCount(15);
  const { x, y } = await middleOf(
    page.getByRole('group', { name: 'Wire from Convert to Image Directory to Split A' }),
  );
  await page.mouse.click(x, y, { button: 'right' });
  await page.getByRole('menuitem', { name: 'Insert a module' }).click();
  const list = page.getByRole('listbox', { name: 'Modules' });
  await expect(list.getByRole('option')).toHaveText([/Apply Image Transformation/, /Split Image Directory/]);
  await page.keyboard.press('Enter');
  await expect(wires).toHaveCount(16);
});

test('writes notes and draws sections that carry their nodes', async ({ page, server }) => {
  const id = await createPipeline(server.url, sample());
  const designer = new Designer(page);
  await designer.open(`/pipelines/${id}`);
  await expect(page.locator('.react-flow__edge')).toHaveCount(15);
  await designer.select('split-a');
  await designer.node('split-b').click({ position: { x: 60, y: 10 }, modifiers: ['Shift'] });
  await page.keyboard.press('Control+g');
  await page.getByRole('textbox', { name: 'Title of the section' }).fill('Split the data');
  await page.keyboard.press('Enter');
  const section = page.getByRole('group', { name: 'Section ‘Split the data’' });
  await expect(section).toBeFocused();

  const before = await designer.node('split-a').boundingBox();
  await page.keyboard.press('Shift+ArrowRight');
  await expect
    .poll(async () => (await designer.node('split-a').boundingBox())?.x)
    .toBeGreaterThan((before?.x ?? 0) + 5);
  await page.keyboard.press('Control+z');
  await expect.poll(async () => (await designer.node('split-a').boundingBox())?.x).toBe(before?.x);

  await page.keyboard.press('Shift+N');
  await page.getByRole('textbox', { name: 'Note' }).fill('A smaller network learns faster.');
  await page.keyboard.press('Escape');
  await designer.saved();
  await page.reload();
  await expect(page.getByText('A smaller network learns faster.')).toBeVisible();
  await expect(page.getByText('Split the data')).toBeVisible();
});

/** The middle of a wire, in the window. */
async function middleOf(wire: Locator): Promise<{ x: number; y: number }> {
  return wire
    .locator('path')
    .first()
    .evaluate((path) => {
      const line = path as SVGPathElement;
      const { x, y } = line.getPointAtLength(line.getTotalLength() / 2);
      const at = new DOMPoint(x, y).matrixTransform(line.getScreenCTM() ?? new DOMMatrix());
      return { x: at.x, y: at.y };
    });
}
