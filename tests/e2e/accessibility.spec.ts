/** Everything by keyboard, and no fault that axe can find (WCAG 2.2 AA), in light and dark. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { Designer } from './designer.js';
import { expect, test } from './fixtures.js';
import { createPipeline, sample } from './pipelines.js';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/**
 * Ports shrink with the zoom. The outline does all that they do with rows of full size, which is what the criterion
 * asks for (2.5.8, equivalent); axe can't see that.
 */
const isPort = (rule: string, html: string) => rule === 'target-size' && html.includes('data-port=');

async function expectNoFaults(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.filter(({ html }) => !isPort(id, html)).map(({ html }) => `${id}: ${html.slice(0, 160)}`),
  );
  expect(found, where).toEqual([]);
}

for (const scheme of ['light', 'dark'] as const) {
  test(`has no accessibility faults (${scheme})`, async ({ page, server }) => {
    test.setTimeout(300_000); // axe looks at every element of nine views
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
