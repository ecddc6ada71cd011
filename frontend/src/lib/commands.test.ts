// @vitest-environment jsdom
import { describe, expect, it, vi } from 'vitest';
import { isTyping, matchesShortcut, registerCommands, runCommand, shortcutKeys } from './commands';

function press(key: string, change: KeyboardEventInit = {}): KeyboardEvent {
  return new KeyboardEvent('keydown', { key, ...change });
}

describe('matchesShortcut', () => {
  it.each([
    ['Mod+Z', press('z', { ctrlKey: true }), true],
    ['Mod+Z', press('Z', { ctrlKey: true, shiftKey: true }), false],
    ['Mod+Shift+Z', press('Z', { ctrlKey: true, shiftKey: true }), true],
    ['Mod+Z', press('z'), false],
    ['Delete', press('Delete'), true],
    ['?', press('?', { shiftKey: true }), true],
    ['.', press('.'), true],
    ['Shift+1', press('!', { code: 'Digit1', shiftKey: true }), true],
    ['Mod++', press('+', { ctrlKey: true }), true],
    ['Mod+A', press('a', { ctrlKey: true, altKey: true }), false],
  ])('%s against %o', (shortcut, event, expected) => {
    expect(matchesShortcut(event, shortcut, false)).toBe(expected);
  });

  it('takes Command for Mod on a Mac', () => {
    expect(matchesShortcut(press('z', { metaKey: true }), 'Mod+Z', true)).toBe(true);
    expect(matchesShortcut(press('z', { ctrlKey: true }), 'Mod+Z', true)).toBe(false);
  });
});

it('shows shortcuts as keys', () => {
  expect(shortcutKeys('Mod+Shift+Z', false)).toEqual(['Ctrl', 'Shift', 'Z']);
  expect(shortcutKeys('Mod+Shift+Z', true)).toEqual(['⌘', '⇧', 'Z']);
});

it('knows when a person is typing', () => {
  const area = document.createElement('textarea');
  const box = document.createElement('input');
  box.type = 'checkbox';
  expect([isTyping(area), isTyping(box), isTyping(document.body)]).toEqual([true, false, false]);
});

it('runs a command only while it is registered and enabled', () => {
  const perform = vi.fn();
  const enabled = vi.fn(() => false);
  const unregister = registerCommands([{ id: 'x', label: 'X', group: 'Test', perform, enabled }]);
  expect(runCommand('x')).toBe(false);
  enabled.mockReturnValue(true);
  expect(runCommand('x')).toBe(true);
  unregister();
  expect(runCommand('x')).toBe(false);
  expect(perform).toHaveBeenCalledOnce();
});
