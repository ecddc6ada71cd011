// @vitest-environment jsdom
/** docs/guide/shortcuts.md is made from the commands: `npx vitest run src/app/shortcutsGuide.test.ts -u` writes it anew. */

import { expect, it } from 'vitest';
import { canvasCommands, type CanvasHands } from '@/features/canvas/commands';
import { shortcutKeys } from '@/components/ui/keyNames';
import type { Command } from '@/lib/commands';
import { APP_COMMANDS } from './useAppCommands';
import { groupBy } from '@/lib/groupBy';
import { GESTURES } from './gestures';
import { runCommands } from './runCommands';

const INTRO = `# Keyboard and mouse

Press \`?\` in the designer for this list. On a Mac, Ctrl is Command (⌘) and Alt is Option (⌥). Single keys and those marked
with • act while the canvas has the focus; none but Submit, finding, stepping through faults, and undo in the fields of the draft acts while you type. Escape drops
a wire, then closes what is open, then clears the selection. Arrow keys move the selected nodes, by more with Shift.
`;

const keys = ({ shortcut = [] }: Command) =>
  shortcut
    .map((one) =>
      shortcutKeys(one, false)
        .map((key) => `\`${key}\``)
        .join(' + '),
    )
    .join(' or ');

const table = (title: string, head: string, rows: readonly (readonly string[])[]) =>
  [
    `## ${title}`,
    '',
    `| ${head} | |`,
    '| --- | --- |',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
    '',
  ].join('\n');

it('lists every command in the guide', async () => {
  const nothing = () => undefined;
  const commands = [...canvasCommands({} as CanvasHands), ...runCommands(nothing, nothing), ...APP_COMMANDS];
  const groups = groupBy(
    commands.filter(({ shortcut }) => shortcut !== undefined),
    ({ group }) => group,
  );
  const tables = [...groups].map(([group, members]) =>
    table(
      group,
      'What',
      members.map((one) => [one.label, keys(one) + (one.scope === 'canvas' ? ' •' : '')]),
    ),
  );
  const page = [INTRO, ...tables, table('With the mouse', 'What', GESTURES)].join('\n');
  await expect(page).toMatchFileSnapshot('../../../docs/guide/shortcuts.md');
});
