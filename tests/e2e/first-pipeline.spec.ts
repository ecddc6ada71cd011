/** The journey of the sample: from an empty canvas to the images behind one cell of the confusion matrix. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Designer } from './designer.js';
import { expect, test, TORCHWIRE } from './fixtures.js';

test('draws, submits and watches the DenseNet pipeline', async ({ page, server }) => {
  test.setTimeout(600_000);
  const designer = new Designer(page);
  await designer.open();
  await designer.newPipeline();
  for (let i = 0; i < 3; i++) await page.getByRole('button', { name: 'Zoom out' }).click();

  const dataset = await designer.drag('dataset', { x: 380, y: 60 });
  const convert = await designer.drag('convert-to-image-directory', { x: 380, y: 140 });
  const splitA = await designer.drag('split-image-directory', { x: 380, y: 225 });
  const init = await designer.drag('init-image-transformation', { x: 110, y: 300 });
  const splitB = await designer.drag('split-image-directory', { x: 330, y: 310 });
  const densenet = await designer.drag('densenet', { x: 100, y: 520 });
  const training = await designer.drag('apply-image-transformation', { x: 220, y: 400 });
  const validation = await designer.drag('apply-image-transformation', { x: 400, y: 400 });
  const testing = await designer.drag('apply-image-transformation', { x: 590, y: 400 });
  const train = await designer.drag('train-pytorch-model', { x: 300, y: 520 });
  const score = await designer.drag('score-image-model', { x: 440, y: 610 });
  const evaluate = await designer.drag('evaluate-model', { x: 440, y: 690 });

  await designer.wire([dataset, 'dataset'], [convert, 'input_dataset']);
  await designer.wire([convert, 'output_image_directory'], [splitA, 'input_image_directory']);
  await designer.wire([splitA, 'output_image_directory1'], [splitB, 'input_image_directory']);
  for (const apply of [training, validation, testing]) {
    await designer.wire([init, 'output_image_transformation'], [apply, 'input_image_transformation']);
  }
  await designer.wire([splitB, 'output_image_directory1'], [training, 'input_image_directory']);
  await designer.wire([splitB, 'output_image_directory2'], [validation, 'input_image_directory']);
  await designer.wire([splitA, 'output_image_directory2'], [testing, 'input_image_directory']);
  await designer.wire([densenet, 'untrained_model'], [train, 'untrained_model']);
  await designer.wire([training, 'output_image_directory'], [train, 'training_dataset']);
  await designer.wire([validation, 'output_image_directory'], [train, 'validation_dataset']);
  await designer.wire([train, 'trained_model'], [score, 'trained_model']);
  await designer.wire([testing, 'output_image_directory'], [score, 'dataset']);
  await designer.wire([score, 'scored_dataset'], [evaluate, 'scored_dataset']);

  // Submitting leads to what is missing.
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('region', { name: 'Faults' })).toBeVisible();

  await designer.select(dataset);
  await designer.choose('Path', 'fashion-mnist-sample');
  for (const [apply, mode] of [
    [training, 'For training'],
    [validation, 'For inference'],
    [testing, 'For inference'],
  ] as const) {
    await designer.select(apply);
    await designer.choose('Mode', mode);
  }
  await designer.select(splitA);
  await designer.setNumber('Fraction of images in the first output', 0.4);
  await designer.select(init);
  await designer.setNumber('Size', 32);
  await designer.setNumber('Crop size', 32);
  await designer.select(densenet);
  await designer.choose('Model name', 'densenet121');
  await designer.turn('Pretrained', false);
  await designer.select(train);
  await designer.setNumber('Epochs', 2);
  await designer.setNumber('Batch size', 64);
  await designer.setNumber('Learning rate', 0.05);
  await designer.saved();

  const run = await designer.submit();
  await expect(designer.node(train)).toContainText(/Epoch \d of 2/, { timeout: 120_000 });
  await designer.select(train);
  await designer.tab('Metrics');
  const inspector = designer.inspector;
  await expect(inspector.getByText('Validation').first()).toBeVisible({ timeout: 120_000 });
  await expect(designer.node(evaluate)).toContainText(/Accuracy/, { timeout: 120_000 });

  await designer.select(evaluate);
  await designer.tab('Outputs');
  await designer.inspector.getByRole('button', { name: 'Open' }).first().click();
  const viewer = page.getByRole('dialog');
  const matrix = viewer.getByRole('grid', { name: 'Confusion matrix' });
  await expect(matrix).toBeVisible();
  await matrix.getByRole('button').and(matrix.locator(':not([disabled])')).first().click();
  await expect(viewer.getByRole('img').first()).toBeVisible();

  const shown = await runOf(server.url, run);
  expect(shown.status).toBe('completed');
  expect(Object.values(shown.nodes).map((node) => node.status)).toEqual(Array(12).fill('completed'));

  // The command line makes the same weights of the same document.
  const folder = mkdtempSync(join(tmpdir(), 'torchwire-cli-'));
  writeFileSync(join(folder, 'pipeline.json'), JSON.stringify(shown.document));
  const args = ['run', join(folder, 'pipeline.json'), '--home', join(folder, 'home'), '--json'];
  const lines = execFileSync(TORCHWIRE, args, { encoding: 'utf8', maxBuffer: 1 << 26 })
    .trim()
    .split('\n');
  const finished = JSON.parse(lines.at(-1) ?? '') as {
    status: string;
    nodes: Record<string, MadeInTerminal>;
  };
  expect(finished.status).toBe('completed');
  const digest = shown.nodes[train]?.outputs.trained_model?.digest ?? '';
  const onCanvas = join(server.home, 'artifacts', digest.slice(0, 2), digest, 'data');
  const inTerminal = finished.nodes[train]?.outputs.trained_model?.path ?? '';
  expect(weights(inTerminal)).toBe(weights(onCanvas));
  rmSync(folder, { recursive: true });
});

interface ShownRun {
  status: string;
  document: unknown;
  nodes: Record<string, { status: string; outputs: Record<string, { digest: string }> }>;
}

interface MadeInTerminal {
  outputs: Record<string, { path: string }>;
}

async function runOf(url: string, id: string): Promise<ShownRun> {
  return ((await (await fetch(`${url}/api/v1/runs/${id}`)).json()) as { run: ShownRun }).run;
}

function weights(folder: string): string {
  return createHash('sha256')
    .update(readFileSync(join(folder, 'model.safetensors')))
    .digest('hex');
}
