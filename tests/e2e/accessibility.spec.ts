/** Everything by keyboard, and no fault that axe can find (WCAG 2.2 AA), in light and dark. */
import { expectNoFaults } from './axe.js';
import { Designer } from './designer.js';
import { expect, test } from './fixtures.js';
import { createPipeline, QUICK, sample } from './pipelines.js';

for (const scheme of ['light', 'dark'] as const) {
  test(`has no accessibility faults (${scheme})`, async ({ page, server }) => {
    test.setTimeout(600_000); // axe looks at every element of nine views
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    const id = await createPipeline(server.url, sample());
    const designer = new Designer(page);
    await designer.open(`/pipelines/${id}`);
    await expect(page.locator('.react-flow__edge')).toHaveCount(15);
    await expectNoFaults(page, 'canvas');

    await designer.select('train');
    await expect(designer.inspector.getByLabel('Epochs', { exact: true })).toBeVisible();
    await expectNoFaults(page, 'inspector');

    await page.keyboard.press('Control+Shift+O');
    await expect(page.getByRole('tree', { name: 'Outline of the pipeline' })).toBeVisible();
    await expectNoFaults(page, 'outline');

    for (const section of ['Data sets', 'Pipelines', 'Runs', 'Compute']) {
      await page
        .getByRole('navigation', { name: 'Library sections' })
        .getByRole('button', { name: section, exact: true })
        .click();
      await expect(page.getByRole('heading', { name: section, exact: true })).toBeVisible();
      await expectNoFaults(page, section);
    }
    for (const item of ['Start from a sample', 'Version history', 'Keyboard shortcuts']) {
      await designer.menu(item);
      await expect(page.getByRole('dialog')).toBeVisible();
      await expectNoFaults(page, item);
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog')).toBeHidden();
    }
  });
}

/** A run that works and one that fails: watched, finished, looked into, compared, and on a narrow screen. */
test('has no accessibility faults where runs are shown', async ({ page, server }) => {
  test.setTimeout(600_000);
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  const id = await createPipeline(server.url, sample(QUICK));
  const designer = new Designer(page);
  await designer.open(`/pipelines/${id}`);
  await designer.submit();
  const good = designer.runId();
  await expect(designer.node('convert')).toHaveAttribute('data-run', /running|completed/, {
    timeout: 120_000,
  });
  await expectNoFaults(page, 'a run under way');
  await expect(designer.node('evaluate')).toHaveAttribute('data-run', 'completed', { timeout: 120_000 });

  await designer.select('train');
  await page.keyboard.press('Escape');
  await designer.select('train');
  await designer.setNumber('Learning rate', 1e20);
  await designer.saved();
  const before = page.url();
  await page.getByRole('button', { name: 'Submit', exact: true }).click();
  await expect.poll(() => page.url()).not.toBe(before);
  await expect(designer.node('train')).toHaveAttribute('data-run', 'failed', { timeout: 120_000 });
  const bad = designer.runId();
  await expect(page.getByRole('status').filter({ hasText: 'The run has failed' })).toBeAttached();
  await page.keyboard.press('Control+F8');
  await expect(designer.inspector.getByRole('region', { name: 'Error' })).toBeVisible();

  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await designer.open(`/pipelines/${id}/runs/${bad}`);
    await designer.select('train');
    await designer.tab('Outputs');
    await expect(designer.inspector.getByRole('region', { name: 'Error' })).toBeVisible();
    await expectNoFaults(page, `failure, ${colorScheme}`);

    await designer.open(`/pipelines/${id}/runs/${good}`);
    for (const node of ['convert', 'train', 'score', 'evaluate']) {
      await designer.select(node);
      await designer.tab('Outputs');
      await expect(designer.inspector.getByRole('tabpanel')).toBeVisible();
      await page.waitForLoadState('networkidle');
      await expectNoFaults(page, `outputs of ${node}, ${colorScheme}`);
    }
    await designer.select('train');
    await designer.tab('Metrics');
    await expectNoFaults(page, `metrics, ${colorScheme}`);

    await page.goto('/storage');
    await expect(page.getByRole('heading', { name: 'Storage' }).first()).toBeVisible();
    await page.waitForLoadState('networkidle');
    await expectNoFaults(page, `storage, ${colorScheme}`);

    await page.goto(`/compare?runs=${good},${bad}`);
    await page.waitForLoadState('networkidle');
    await expect(page.getByRole('region', { name: 'Curves' })).toBeVisible();
    await expectNoFaults(page, `compare, ${colorScheme}`);

    await page.setViewportSize({ width: 390, height: 844 });
    await designer.open(`/pipelines/${id}/runs/${good}`);
    await expectNoFaults(page, `narrow, ${colorScheme}`);
    await page.setViewportSize({ width: 1440, height: 900 });
  }
});

test('edits the graph in the outline, by keyboard alone', async ({ page, server }) => {
  const id = await createPipeline(server.url, sample());
  const designer = new Designer(page);
  await designer.open(`/pipelines/${id}`);
  const wires = page.locator('.react-flow__edge');
  await expect(wires).toHaveCount(15);
  await page.keyboard.press('Control+Shift+O');
  const tree = page.getByRole('tree', { name: 'Outline of the pipeline' });
  await expect(tree.getByRole('treeitem', { level: 1 })).toHaveText([
    /Fashion-MNIST/,
    /Init Image/,
    /ResNet/,
    /Convert/,
    /Split A/,
    /Split B/,
    /Apply \(testing\)/,
    /Apply \(training\)/,
    /Apply \(validation\)/,
    /Train/,
    /Score/,
    /Evaluate/,
  ]);

  // Disconnect: the wire of Convert's output.
  const convert = tree.getByRole('treeitem', { name: 'Convert to Image Directory', exact: true });
  await convert.focus();
  const wire = tree.getByRole('treeitem', { name: /^to Split A/ });
  await wire.focus();
  await page.keyboard.press('Delete');
  await expect(wires).toHaveCount(14);

  // Join it again: Enter on the port, step through what fits, Enter.
  const port = tree.getByRole('treeitem', { name: /^Out .*not used/ }).first();
  await port.focus();
  await page.keyboard.press('Enter');
  const targets = page.getByRole('listbox', { name: /Ports that fit Convert/ });
  await expect(targets).toBeFocused();
  await expect(targets.getByRole('option').first()).toContainText('Split A');
  await page.keyboard.press('Escape');
  await expect(port).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(targets).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(wires).toHaveCount(15);
  await expect(page.getByRole('status').filter({ hasText: 'Joined Convert' })).toBeAttached();

  // Delete a node, and take it back.
  await tree.getByRole('treeitem', { name: 'Evaluate Model', exact: true }).focus();
  await page.keyboard.press('Delete');
  await expect(designer.node('evaluate')).toBeHidden();
  await expect(wires).toHaveCount(14);
});

test('builds a small graph from nothing, by keyboard alone', async ({ page, server }) => {
  const id = await createPipeline(server.url, { ...sample(), nodes: [], wires: [] });
  const designer = new Designer(page);
  await designer.open(`/pipelines/${id}`);
  const wires = page.locator('.react-flow__edge');
  const tree = page.getByRole('tree', { name: 'Outline of the pipeline' });
  const search = page.getByRole('combobox', { name: 'Search modules' });

  await page.keyboard.press('Control+Shift+O');
  const outline = page.getByRole('region', { name: 'Outline', exact: true });
  await expect(outline.getByRole('button', { name: 'Add a module' })).toBeFocused();
  await add('dataset', 'Dataset');
  await goTo(/^Out Dataset/);
  await page.keyboard.press('Enter');
  await addWhatFits('convert', 'Convert to Image Directory');
  await goTo(/^Out Output image directory/);
  await page.keyboard.press('Enter');
  await addWhatFits('apply', 'Apply Image Transformation');
  await expect(wires).toHaveCount(2);

  // What is there already is joined through the ports that fit.
  await page.keyboard.press('Shift+A');
  await add('init', 'Init Image Transformation');
  await goTo(/^Out Output image transformation/);
  await page.keyboard.press('Enter');
  const targets = page.getByRole('listbox', { name: /^Ports that fit Init Image Transformation/ });
  await expect(targets).toBeFocused();
  await expect(targets.getByRole('option')).toHaveText([/Apply Image Transformation/]);
  await page.keyboard.press('Enter');
  await expect(wires).toHaveCount(3);
  await expect(page.getByRole('status').filter({ hasText: 'Joined Init Image' })).toBeAttached();

  // Enter on a node leads on to its parameters.
  await goTo(/^Dataset$/);
  await page.keyboard.press('Enter');
  await expect(designer.inspector.getByRole('combobox', { name: 'Path' })).toBeVisible();

  async function add(words: string, title: string): Promise<void> {
    if (await search.isHidden()) await page.keyboard.press('Enter');
    await expect(search).toBeFocused();
    await page.keyboard.type(words);
    await page.keyboard.press('Enter');
    await expect(tree.getByRole('treeitem', { name: title, exact: true })).toBeAttached();
    await expect(page.locator('.react-flow__node:focus')).toContainText(title);
  }

  async function addWhatFits(words: string, title: string): Promise<void> {
    await expect(page.getByRole('listbox', { name: /^Ports that fit/ })).toBeFocused();
    const more = page.getByRole('button', { name: 'Add one that fits' });
    await page.keyboard.press('Tab');
    await expect(more).toBeFocused();
    await page.keyboard.press('Enter');
    await add(words, title);
  }

  /** Goes to the outline and down to a row. */
  async function goTo(row: RegExp): Promise<void> {
    await page.keyboard.press('Control+Shift+O');
    await expect(tree.locator(':focus')).toHaveRole('treeitem');
    await page.keyboard.press('Home');
    const wanted = tree.getByRole('treeitem', { name: row });
    const focused = () => wanted.evaluate((element) => element === document.activeElement);
    for (let presses = 0; presses < 30 && !(await focused()); presses++) {
      await page.keyboard.press('ArrowDown');
      await page.evaluate(() => new Promise(requestAnimationFrame));
    }
    await expect(wanted).toBeFocused();
  }
});

test('joins two selected nodes with one key, and walks along the wires', async ({ page, server }) => {
  const document = sample();
  document.wires = document.wires.filter((wire) => wire.to[0] !== 'split-a');
  const id = await createPipeline(server.url, document);
  const designer = new Designer(page);
  await designer.open(`/pipelines/${id}`);
  const wires = page.locator('.react-flow__edge');
  await expect(wires).toHaveCount(14);
  await designer.select('convert');
  await designer.node('split-a').click({ position: { x: 60, y: 10 }, modifiers: ['Shift'] });
  await page.keyboard.press('j');
  await expect(wires).toHaveCount(15);

  await page.locator('.react-flow__node[data-id="convert"]').focus();
  await page.keyboard.press('Control+ArrowDown');
  await expect(page.locator('.react-flow__node[data-id="split-a"]')).toBeFocused();
  await page.keyboard.press('Control+ArrowUp');
  await expect(page.locator('.react-flow__node[data-id="convert"]')).toBeFocused();
});
