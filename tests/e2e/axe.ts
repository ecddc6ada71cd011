/** What axe finds on a page (WCAG 2.2 AA). */
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** What can differ in the dark, where every view is looked at that was looked at in full in the light. */
const OF_COLOURS = ['color-contrast', 'link-in-text-block'];

/**
 * Ports shrink with the zoom. The outline does all that they do with rows of full size, which is what the criterion
 * asks for (2.5.8, equivalent); axe can't see that.
 */
const isPort = (rule: string, html: string) => rule === 'target-size' && html.includes('data-port=');

export async function expectNoFaults(page: Page, where: string): Promise<void> {
  const isDark = await page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches);
  const axe = new AxeBuilder({ page });
  const { violations } = await (isDark ? axe.withRules(OF_COLOURS) : axe.withTags(RULES)).analyze();
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.filter(({ html }) => !isPort(id, html)).map(({ html }) => `${id}: ${html.slice(0, 160)}`),
  );
  expect.soft(found, where).toEqual([]);
}
