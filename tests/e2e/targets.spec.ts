/** Targets beyond this computer: added, tried out, used and removed. Slurm's own jobs are processes of this computer here. */
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { expectNoFaults } from './axe.js';
import { Designer } from './designer.js';
import { expect, test } from './fixtures.js';
import { createPipeline, sample } from './pipelines.js';

/** The first two nodes of the sample. */
function small() {
  const document = sample();
  const kept = new Set(['dataset', 'convert']);
  document.nodes = document.nodes.filter(({ id }) => kept.has(id));
  document.wires = document.wires.filter(({ from, to }) => kept.has(from[0]) && kept.has(to[0]));
  return document;
}

async function openForm(page: Page): Promise<Locator> {
  await page.getByRole('button', { name: 'Add a target' }).click();
  const form = page.getByRole('dialog', { name: 'Add a target' });
  await form.getByRole('radio', { name: /Slurm/ }).check();
  return form;
}

async function fillIn(page: Page, form: Locator, exchange: string): Promise<void> {
  await form.getByLabel('Name', { exact: true }).fill('Bench');
  await expect(form.getByLabel('ID', { exact: true })).toHaveValue('bench');
  await form.getByLabel('Exchange', { exact: true }).fill(exchange);
  await form.getByText('More options').click();
  await form.getByRole('combobox', { name: 'Cluster' }).click();
  await page.getByRole('option', { name: 'local' }).click();
}

test('adds a target, tries it, runs a pipeline there and removes it', async ({ page, server, console }) => {
  console.expect(/400 .*\/targets\/test$/);
  test.setTimeout(600_000);
  page.setDefaultTimeout(60_000);
  await page.goto('/targets');
  await expect(page.getByText('A cluster lends its machines')).toBeVisible();
  const form = await openForm(page);

  // What is missing or wrong is said at its field, before anything is kept.
  await form.getByRole('button', { name: 'Add target' }).click();
  await expect(form.getByLabel('Exchange', { exact: true })).toBeFocused();
  await expect(form.getByText('Exchange is needed.')).toBeVisible();
  await fillIn(page, form, 'not/a/whole/path');
  await form.getByRole('button', { name: 'Test connection' }).click();
  await expect(form.getByText(/absolute path/)).toBeVisible({ timeout: 120_000 });

  await form.getByLabel('Exchange', { exact: true }).fill(join(server.home, 'exchange'));
  await form.getByRole('button', { name: 'Test connection' }).click();
  await expect(form.getByText('It works')).toBeVisible({ timeout: 120_000 });
  await expect(form.getByRole('list', { name: 'Machines that were found' })).toContainText(/cores?/);
  await form.getByLabel('Token').fill('very secret');
  await form.getByRole('button', { name: 'Add target' }).click();

  const card = page.getByRole('article', { name: 'Bench' });
  await expect(card).toBeFocused();
  await expect(card.getByText('ready')).toBeVisible({ timeout: 120_000 });
  await expect(card.getByRole('meter', { name: /^Cores of/ })).toBeVisible();

  // The token is kept and never shown again.
  await card.getByRole('button', { name: 'Edit Bench' }).click();
  const settings = page.getByRole('dialog', { name: 'Settings of Bench' });
  await expect(settings.getByText('A token is kept and never shown.')).toBeVisible();
  await expect(settings.getByLabel('Token', { exact: true })).toHaveValue('');
  await settings.getByLabel('Name', { exact: true }).fill('Workbench');
  await settings.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('article', { name: 'Workbench' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Edit Workbench' })).toBeFocused();

  const id = await createPipeline(server.url, small());
  const designer = new Designer(page);
  await designer.open(`/pipelines/${id}`);
  await designer.inspector.getByRole('combobox', { name: 'Default compute target' }).click();
  const option = page.getByRole('option', { name: 'Workbench' });
  await expect(option).toContainText('1 machine');
  await option.click();
  await designer.saved();
  await page.getByRole('button', { name: 'Submit', exact: true }).click();
  await page.waitForURL(/\/runs\/[0-9a-f]+/);
  const convert = designer.node('convert');
  await expect(convert).toContainText('Workbench', { timeout: 120_000 });
  await expect(convert).toHaveAttribute('data-run', 'completed', { timeout: 180_000 });
  await expect(convert).toContainText('On Workbench');
  await expect(convert).toContainText(/1,000 images/);

  await designer.menu('Compute targets');
  await page.getByRole('button', { name: 'Remove Workbench' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove the target' }).click();
  await expect(page.getByText('A cluster lends its machines')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Add a target' })).toBeFocused();
});

for (const scheme of ['light', 'dark'] as const) {
  test(`has no accessibility faults (${scheme})`, async ({ page, server }) => {
    test.setTimeout(600_000);
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await page.goto('/targets');
    await expect(page.getByText('A cluster lends its machines')).toBeVisible();
    await expectNoFaults(page, `empty, ${scheme}`);

    const form = await openForm(page);
    await fillIn(page, form, join(server.home, 'exchange'));
    await form.getByRole('button', { name: 'Test connection' }).click();
    await expect(form.getByText('It works')).toBeVisible({ timeout: 120_000 });
    await expectNoFaults(page, `form, ${scheme}`);
    await form.getByRole('button', { name: 'Add target' }).click();
    const card = page.getByRole('article', { name: 'Bench' });
    await expect(card.getByText('ready')).toBeVisible({ timeout: 120_000 });
    await expectNoFaults(page, `list, ${scheme}`);
    await page.setViewportSize({ width: 390, height: 844 });
    await expectNoFaults(page, `narrow, ${scheme}`);

    await page.getByRole('button', { name: 'Remove Bench' }).click();
    await expectNoFaults(page, `remove, ${scheme}`);
    await page.getByRole('dialog').getByRole('button', { name: 'Remove the target' }).click();
    await expect(card).toBeHidden();
    await page.getByRole('button', { name: 'Read the guide' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Guide to clusters' })).toBeVisible();
    await expectNoFaults(page, `guide, ${scheme}`);
  });
}
