/** Bringing one's own images: uploads from the browser, hostile archives. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Designer } from './designer.js';
import { expect, test } from './fixtures.js';

const ZIP = resolve(import.meta.dirname, '../../examples/data/fashion-mnist-sample.zip');

/** A zip with one stored member, made by hand so that its name can be one that no tool would write. */
function zipWith(name: string): Buffer {
  const path = Buffer.from(name);
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(20, 4);
  local.writeUInt16LE(path.length, 26);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(20, 4);
  central.writeUInt16LE(20, 6);
  central.writeUInt16LE(path.length, 28);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length + path.length, 12);
  end.writeUInt32LE(local.length + path.length, 16);
  return Buffer.concat([local, path, central, path, end]);
}

test('uploads an archive of images and lists it', async ({ page }) => {
  const designer = new Designer(page);
  await designer.open();
  await page.getByRole('button', { name: 'Data sets', exact: true }).click();
  await page.getByRole('button', { name: 'Add a data set' }).click();
  await page
    .getByLabel('Archive to upload')
    .setInputFiles({ name: 'clothes.zip', mimeType: 'application/zip', buffer: readFileSync(ZIP) });
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Upload/ })
    .click();
  const list = page.getByRole('list', { name: 'Data sets' });
  await expect(list.getByText('clothes', { exact: true })).toBeVisible({ timeout: 120_000 });
  await expect(list.getByText(/1,000 images/).first()).toBeVisible();
});

test('refuses an archive whose paths escape, and says which', async ({ page, server, console }) => {
  console.expect(/400 .*\/finish$/);
  const designer = new Designer(page);
  await designer.open();
  await page.getByRole('button', { name: 'Data sets', exact: true }).click();
  await page.getByRole('button', { name: 'Add a data set' }).click();
  await page.getByLabel('Archive to upload').setInputFiles({
    name: 'hostile.zip',
    mimeType: 'application/zip',
    buffer: zipWith('../../escape/1.png'),
  });
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Upload/ })
    .click();
  await expect(page.getByText(/escape\/1\.png/).first()).toBeVisible({ timeout: 120_000 });
  expect((await fetch(`${server.url}/healthz`)).ok).toBe(true);
});
