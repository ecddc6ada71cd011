// @vitest-environment jsdom
import { fireEvent, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { shortcutKeys } from '@/components/ui/keyNames';
import { isTyping, matchesShortcut, registerCommands, runCommand, useShortcuts } from './commands';

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
  expect(shortcutKeys('Mod+ArrowDown', false)).toEqual(['Ctrl', '↓']);
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

describe('on the page', () => {
  const undo = vi.fn();
  const submit = vi.fn();
  let leave: () => void;
  beforeEach(() => {
    renderHook(useShortcuts);
    leave = registerCommands([
      { id: 'u', label: 'U', group: 'Test', shortcut: ['Mod+Z'], inDraftFields: true, perform: undo },
      { id: 's', label: 'S', group: 'Test', shortcut: ['Mod+Enter'], whileTyping: true, perform: submit },
    ]);
    vi.clearAllMocks();
  });
  afterEach(() => {
    leave();
    document.body.replaceChildren();
  });

  it('takes back edits in fields of the draft, and leaves other fields to the browser', () => {
    document.body.innerHTML = '<div data-draft-fields><input id="a"></div><input id="b">';
    fireEvent.keyDown(document.getElementById('a') as HTMLElement, { key: 'z', ctrlKey: true });
    expect(undo).toHaveBeenCalledOnce();
    fireEvent.keyDown(document.getElementById('b') as HTMLElement, { key: 'z', ctrlKey: true });
    expect(undo).toHaveBeenCalledOnce();
  });

  it('comes before a closed list, which opens at Enter', () => {
    document.body.innerHTML = '<button role="combobox" id="list"></button>';
    const list = document.getElementById('list') as HTMLElement;
    const opens = vi.fn();
    list.addEventListener('keydown', opens);
    fireEvent.keyDown(list, { key: 'Enter', ctrlKey: true });
    expect(submit).toHaveBeenCalledOnce();
    expect(opens).not.toHaveBeenCalled();
    fireEvent.keyDown(list, { key: 'Enter' });
    expect(opens).toHaveBeenCalledOnce();
  });
});
