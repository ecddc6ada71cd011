/** Editing without fear: undo, drafts that stay, wires that don't fit. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Locator } from '@playwright/test';
import { Designer, type Point } from './designer.js';
import { expect, test } from './fixtures.js';
import { createPipeline, sample } from './pipelines.js';

const IMAGES = resolve(import.meta.dirname, '../../examples/data/fashion-mnist-sample.zip');

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
  await expect(page.getByRole('status').filter({ hasText: /takes an? ImageDirectory/ })).toBeAttached();
  await expect(wires).toHaveCount(15);
});

test('keeps two tabs in step, and overwrites nothing where they differ', async ({
  page,
  context,
  server,
  console,
}) => {
  console.expect(/net::ERR_FAILED .*\/pipelines\//);
  console.expect(/409 .*\/pipelines\//);
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
  await expect(versions.getByRole('region', { name: 'What restoring it changes' })).toContainText(
    'Evaluate Model is removed',
  );
  await versions.getByRole('button', { name: /^Restore revision/ }).click();
  await expect(page.locator('[data-node-id]')).toHaveCount(11);
  await expect(page.getByRole('button', { name: /^Undo: Restore revision \d+ of/ })).toBeVisible();
});

test('opens a document or a model dropped on the canvas, and uploads images', async ({ page, server }) => {
  const id = await createPipeline(server.url, sample());
  const designer = new Designer(page);
  await designer.open(`/pipelines/${id}`);
  const document = { ...sample(), name: 'Dropped here' };
  await designer.dropFile('pipeline.json', 'application/json', JSON.stringify(document));
  await expect(page.getByText('Imported ‘Dropped here’').first()).toBeVisible();
  await expect(page).not.toHaveURL(new RegExp(id));
  await expect(page.locator('[data-node-id]')).toHaveCount(12);

  // A model brings the pipeline that made it.
  const model = { format: 'torchwire/model', pipeline: { ...document, name: 'Made a model' } };
  await designer.dropFile('model.json', 'application/json', JSON.stringify(model));
  await expect(page.getByText('Restored ‘Made a model’, which made this model').first()).toBeVisible();
  await expect(page.getByLabel('Name of the pipeline')).toHaveValue('Made a model');
  await expect(page.locator('[data-node-id]')).toHaveCount(12);

  // Images are uploaded, and are one click from the canvas.
  await designer.dropFile('wardrobe.zip', 'application/zip', readFileSync(IMAGES));
  await expect(page.getByText('‘wardrobe’ is ready').first()).toBeVisible({ timeout: 60_000 });
  await page.getByRole('button', { name: 'Add to the canvas' }).click();
  await expect(page.locator('[data-node-id]')).toHaveCount(13);
  await expect(page.locator('[data-node-id]').filter({ hasText: 'wardrobe' })).toBeVisible();
});

test('copies and pastes nodes with their wires, also into another tab', async ({ page, context, server }) => {
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
  await designer.undo('Paste 12 nodes');

  const empty = await createPipeline(server.url, { ...sample(), nodes: [], wires: [] });
  const other = new Designer(await context.newPage());
  await other.open(`/pipelines/${empty}`);
  await other.canvas.click({ position: { x: 300, y: 60 } });
  await other.page.keyboard.press('Control+v');
  await expect(other.page.locator('[data-node-id]')).toHaveCount(12);
  await expect(other.page.locator('.react-flow__edge')).toHaveCount(15);

  // Text that is no pipeline changes nothing, and that is said.
  await other.page.evaluate(() => navigator.clipboard.writeText('{"format": "something else"}'));
  await other.page.keyboard.press('Control+v');
  const said = other.page.getByRole('status').filter({ hasText: 'Nothing was pasted' });
  await expect(said.first()).toBeAttached();
  await expect(other.page.getByText(/^The canvas takes nodes copied from a pipeline/)).toBeVisible();
  await expect(other.page.locator('[data-node-id]')).toHaveCount(12);
});

test('moves a wire by its end, and joins and adds with the mouse what fits', async ({ page, server }) => {
  const id = await createPipeline(server.url, sample());
  const designer = new Designer(page);
  await designer.open(`/pipelines/${id}`);
  const wires = page.locator('.react-flow__edge');
  await expect(wires).toHaveCount(15);
  const wire = page.getByRole('group', { name: 'Wire from Split A to Apply (testing)' });
  const middle = await middleOf(wire);
  await page.mouse.move(middle.x, middle.y);
  await pull(
    await centreOf(wire.locator('.nodrag').last()),
    await centreOf(designer.port(['score', 'dataset'], 'input')),
  );
  await expect(wire).toHaveCount(0);
  await expect(page.getByRole('group', { name: 'Wire from Split A to Score Image Model' })).toBeAttached();
  await designer.undo('Move a wire to Score Image Model');
  await expect(wires).toHaveCount(15);
  await expect(wire).toBeAttached();

  // On the body of a node, the first port that fits takes it.
  const body = await designer.node('split-b').boundingBox();
  await pull(await centreOf(designer.port(['split-a', 'output_image_directory2'], 'output')), {
    x: (body?.x ?? 0) + 40,
    y: (body?.y ?? 0) + (body?.height ?? 0) / 2,
  });
  await designer.undo('Join Split A to Split B');

  // On the empty canvas, what fits is offered; a double-click there offers everything.
  const corner = await designer.canvas.boundingBox();
  const free = { x: (corner?.x ?? 0) + 80, y: (corner?.y ?? 0) + 140 };
  await pull(await centreOf(designer.port(['convert', 'output_image_directory'], 'output')), free);
  const list = page.getByRole('listbox', { name: 'Modules' });
  await expect(list.getByRole('option', { name: /Split Image Directory/ })).toBeVisible();
  await expect(list.getByRole('option', { name: /DenseNet/ })).toHaveCount(0);
  await page.keyboard.type('split');
  await page.keyboard.press('Enter');
  await expect(wires).toHaveCount(16);
  await designer.undo('Add Split Image Directory');
  await page.mouse.dblclick(free.x, free.y);
  await page.keyboard.type('dense');
  await expect(list.getByRole('option')).toHaveText([/DenseNet/]);
  await page.keyboard.press('Enter');
  await expect(page.locator('[data-node-id]')).toHaveCount(13);
  await designer.undo('Add DenseNet');

  async function pull(from: Point, to: Point): Promise<void> {
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 4 });
    await page.mouse.move(to.x, to.y, { steps: 4 });
    await page.mouse.up();
  }
});

test('takes back each kind of edit by its name, and a burst of typing at once', async ({ page, server }) => {
  const id = await createPipeline(server.url, sample());
  const designer = new Designer(page);
  await designer.open(`/pipelines/${id}`);
  const places = () =>
    page
      .locator('.react-flow__node')
      .evaluateAll((nodes) => nodes.map((node) => (node as HTMLElement).style.transform));
  await expect(page.locator('.react-flow__edge')).toHaveCount(15);
  const before = await places();

  await page.keyboard.press('Control+Shift+L');
  await expect.poll(places).not.toEqual(before);
  await designer.undo('Tidy the layout');
  await expect.poll(places).toEqual(before);
  await designer.select('train');
  await designer.node('score').click({ position: { x: 60, y: 10 }, modifiers: ['Shift'] });
  await page.keyboard.press('Alt+a');
  await designer.undo('Align left edges');
  await expect.poll(places).toEqual(before);
  await page.keyboard.press('Control+d');
  await designer.undo('Duplicate 2 nodes');
  await expect(page.locator('[data-node-id]')).toHaveCount(12);
  for (const id of ['train', 'score'])
    await expect(designer.node(id)).toHaveAttribute('data-selected', 'true');

  await designer.select('train');
  await page.keyboard.press('F2');
  await page.keyboard.type('Teacher');
  await page.keyboard.press('Enter');
  await expect(designer.node('train')).toContainText('Teacher');
  await designer.undo('Rename Train PyTorch Model');
  await expect(designer.node('train')).not.toContainText('Teacher');
  await designer.inspector.getByRole('button', { name: 'Comment', exact: true }).click();
  const comment = designer.inspector.getByLabel('Comment on this node');
  await comment.pressSequentially('Learns quickly');
  await designer.undo('Comment on Train PyTorch Model');
  await expect(comment).toHaveValue('');

  // In a field too, a list that was chosen from included.
  const epochs = designer.inspector.getByLabel('Epochs', { exact: true });
  await epochs.press('Control+a');
  await epochs.pressSequentially('125');
  await designer.undo('Set Epochs of Train PyTorch Model');
  await expect(epochs).toHaveValue('8');
  await designer.select('apply-validation');
  await designer.choose('Mode', 'For training');
  await designer.undo('Set Mode of Apply (validation)');
  await page.keyboard.press('Control+y');
  await expect(page.getByRole('button', { name: 'Undo: Set Mode of Apply (validation)' })).toBeVisible();
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
  const note = page.getByRole('textbox', { name: 'Note' });
  await note.pressSequentially('A smaller network learns faster.');
  await designer.undo('Write a note');
  await expect(note).toHaveValue('');
  await page.keyboard.press('Control+y');
  await expect(note).toHaveValue('A smaller network learns faster.');
  await page.keyboard.press('Escape');
  await designer.saved();
  await page.reload();
  await expect(page.getByText('A smaller network learns faster.')).toBeVisible();
  await expect(page.getByText('Split the data')).toBeVisible();
});

/** The middle of a wire, in the window. */
async function middleOf(wire: Locator): Promise<Point> {
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

async function centreOf(what: Locator): Promise<Point> {
  const box = await what.boundingBox();
  if (box === null) throw new Error('not on the page');
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}
