/** How keys are written on the keyboard at hand. */

export function isMac(): boolean {
  return typeof navigator !== 'undefined' && /mac|iphone|ipad/i.test(navigator.platform);
}

const ARROWS = { ArrowUp: '↑', ArrowDown: '↓', ArrowLeft: '←', ArrowRight: '→' };
const ON_MAC: Readonly<Record<string, string>> = {
  ...ARROWS,
  Mod: '⌘',
  Shift: '⇧',
  Alt: '⌥',
  Delete: '⌫',
  Enter: '↵',
  Escape: 'Esc',
};
const ELSEWHERE: Readonly<Record<string, string>> = { ...ARROWS, Mod: 'Ctrl', Escape: 'Esc', Delete: 'Del' };

/** A shortcut as keys to show, in the habit of the platform: `Mod+Shift+Z` becomes `Ctrl`, `Shift`, `Z`. */
export function shortcutKeys(shortcut: string, mac: boolean = isMac()): string[] {
  const names = mac ? ON_MAC : ELSEWHERE;
  return splitShortcut(shortcut).map((key) => names[key] ?? key);
}

export function splitShortcut(shortcut: string): string[] {
  return shortcut.split(/\+(?!$)/);
}
