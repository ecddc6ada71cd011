/** The designer as a person uses it: drag, wire, set, submit. */
import { expect, type Locator, type Page } from '@playwright/test';

export interface Point {
  x: number;
  y: number;
}

/** `node.port` as in the pipeline document. */
type End = readonly [node: string, port: string];

export class Designer {
  readonly inspector: Locator;
  readonly canvas: Locator;

  constructor(readonly page: Page) {
    this.inspector = page.getByRole('complementary', { name: 'Inspector' });
    this.canvas = page.locator('.react-flow');
  }

  async open(path = '/'): Promise<void> {
    await this.page.goto(path);
    await expect(this.page.getByRole('button', { name: 'Submit', exact: true })).toBeVisible();
    await expect(this.canvas).toBeVisible();
  }

  async newPipeline(): Promise<void> {
    const before = this.page.url();
    await this.menu('New pipeline');
    await expect.poll(() => this.page.url()).not.toBe(before);
    await expect(this.page.locator('[data-node-id]')).toHaveCount(0);
  }

  async menu(item: string): Promise<void> {
    await this.page.getByRole('button', { name: 'Torchwire: pipeline menu' }).click();
    await this.page.getByRole('menuitem', { name: item }).click();
  }

  /** Drags a module from the palette to a point of the canvas and returns the new node's id. */
  async drag(module: string, to: Point): Promise<string> {
    const known = await this.nodeIds();
    const item = this.page.locator(`[data-row][data-module="${module}"]`);
    await item.scrollIntoViewIfNeeded();
    const from = await centre(item);
    const canvas = await box(this.canvas);
    await this.page.mouse.move(from.x, from.y);
    await this.page.mouse.down();
    await this.page.mouse.move(from.x + 30, from.y + 10, { steps: 3 });
    await this.page.mouse.move(canvas.x + to.x, canvas.y + to.y, { steps: 6 });
    await this.page.mouse.up();
    await expect(this.page.locator('[data-node-id]')).toHaveCount(known.length + 1);
    const added = (await this.nodeIds()).find((id) => !known.includes(id));
    if (added === undefined) throw new Error(`${module} was not added`);
    return added;
  }

  /** Draws a wire with the mouse, from an output's circle to an input's. */
  async wire(from: End, to: End): Promise<void> {
    const wires = this.page.locator('.react-flow__edge');
    const before = await wires.count();
    await this.dragWire(from, to);
    await expect(wires).toHaveCount(before + 1);
  }

  async dragWire(from: End, to: End): Promise<void> {
    const start = await centre(this.port(from, 'output'));
    const end = await centre(this.port(to, 'input'));
    await this.page.mouse.move(start.x, start.y);
    await this.page.mouse.down();
    await this.page.mouse.move((start.x + end.x) / 2, (start.y + end.y) / 2, { steps: 4 });
    await this.page.mouse.move(end.x, end.y, { steps: 4 });
    await this.page.mouse.up();
  }

  /** Lets a file go over the canvas, as if it came from the file manager. */
  async dropFile(name: string, type: string, content: string | Buffer): Promise<void> {
    const files = await this.page.evaluateHandle(
      ([name, type, bytes]) => {
        const transfer = new DataTransfer();
        const content = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
        transfer.items.add(new File([content], name, { type }));
        return transfer;
      },
      [name, type, Buffer.from(content).toString('base64')] as const,
    );
    for (const event of ['dragenter', 'dragover', 'drop']) {
      await this.canvas.dispatchEvent(event, { dataTransfer: files });
    }
  }

  /** Takes the last step back, which has this name. */
  async undo(label: string): Promise<void> {
    await expect(this.page.getByRole('button', { name: `Undo: ${label}`, exact: true })).toBeVisible();
    await this.page.keyboard.press('Control+z');
    await expect(this.page.getByRole('button', { name: `Redo: ${label}`, exact: true })).toBeVisible();
  }

  port([node, port]: End, side: 'input' | 'output'): Locator {
    return this.page.locator(`[data-port="${node}:${side}:${port}"]`);
  }

  node(id: string): Locator {
    return this.page.locator(`[data-node-id="${id}"]`);
  }

  async select(id: string): Promise<void> {
    await this.node(id).click({ position: { x: 60, y: 10 } });
    await expect(this.node(id)).toHaveAttribute('data-selected', 'true');
  }

  async tab(name: 'Parameters' | 'Outputs' | 'Metrics' | 'Logs'): Promise<void> {
    await this.inspector.getByRole('tab', { name }).click();
  }

  async setNumber(label: string, value: number): Promise<void> {
    const field = this.inspector.getByLabel(label, { exact: true });
    await field.fill(String(value));
    await field.press('Tab');
  }

  async choose(label: string, option: string): Promise<void> {
    await this.inspector.getByRole('combobox', { name: label }).click();
    await this.page.getByRole('option', { name: option, exact: true }).click();
  }

  async turn(label: string, on: boolean): Promise<void> {
    const control = this.inspector.getByRole('switch', { name: label });
    if ((await control.getAttribute('aria-checked')) !== String(on)) await control.click();
    await expect(control).toHaveAttribute('aria-checked', String(on));
  }

  async saved(): Promise<void> {
    await expect(this.page.getByText('Saved', { exact: true })).toBeVisible();
  }

  async submit(): Promise<string> {
    await this.page.keyboard.press('Control+Enter');
    await this.page.waitForURL(/\/runs\/[0-9a-f]+/);
    return this.runId();
  }

  runId(): string {
    const found = /\/runs\/([0-9a-f]+)/.exec(this.page.url())?.[1];
    if (found === undefined) throw new Error('no run is shown');
    return found;
  }

  private async nodeIds(): Promise<string[]> {
    return this.page
      .locator('[data-node-id]')
      .evaluateAll((nodes) => nodes.map((node) => node.getAttribute('data-node-id') ?? ''));
  }
}

async function box(locator: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  const found = await locator.boundingBox();
  if (found === null) throw new Error('not on the page');
  return found;
}

async function centre(locator: Locator): Promise<Point> {
  const { x, y, width, height } = await box(locator);
  return { x: x + width / 2, y: y + height / 2 };
}
