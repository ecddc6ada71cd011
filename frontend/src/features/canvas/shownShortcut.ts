import type { Command } from '@/lib/commands';

/** The first shortcut of a command: the one that buttons and menus show. */
export function shownShortcut(command: Command | undefined): string | undefined {
  return command?.shortcut?.[0];
}
