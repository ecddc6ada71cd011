/**
 * Commands: what a person can do, as objects. Menus, buttons, shortcuts and the list of shortcuts all read the same one.
 *
 * A feature registers its commands while it is on screen (`useCommands`); anything may run one by id (`runCommand`).
 */

import { useEffect } from 'react';
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import { isMac, splitShortcut } from '@/components/ui/keyNames';

export interface Command {
  readonly id: string;
  readonly label: string;
  /** The heading it stands under in the list of shortcuts. */
  readonly group: string;
  /** Written as `Mod+Shift+Z`, `Delete`, `?`; `Mod` is Ctrl, or Command on a Mac. The first is the one shown. */
  readonly shortcut?: readonly string[];
  /** Where the shortcut acts: `global` (default), or only while the canvas has focus. Neither acts while typing. */
  readonly scope?: 'global' | 'canvas';
  /** The shortcut acts in text fields too (submit). */
  readonly whileTyping?: boolean;
  /** It acts in fields that write into the draft as one types: there each key is an edit, and undo takes edits back. */
  readonly inDraftFields?: boolean;
  /** The browser's own event does the work on this shortcut (copy, cut and paste); it is only shown. */
  readonly native?: boolean;
  readonly enabled?: () => boolean;
  readonly perform: () => void | Promise<void>;
}

interface CommandState {
  readonly commands: ReadonlyMap<string, Command>;
}

export const commandStore = createStore<CommandState>()(() => ({ commands: new Map() }));

/** Make commands available until the returned function is called. A later one replaces an earlier one of its id. */
export function registerCommands(commands: readonly Command[]): () => void {
  commandStore.setState(({ commands: known }) => ({
    commands: new Map([...known, ...commands.map((command): [string, Command] => [command.id, command])]),
  }));
  return () => {
    const gone = new Set(commands);
    commandStore.setState(({ commands: known }) => ({
      commands: new Map([...known].filter(([, command]) => !gone.has(command))),
    }));
  };
}

/** Register commands while the component is mounted. Pass an array that keeps its identity. */
export function useCommands(commands: readonly Command[]): void {
  useEffect(() => registerCommands(commands), [commands]);
}

export function useCommand(id: string): Command | undefined {
  return useStore(commandStore, (state) => state.commands.get(id));
}

export function useAllCommands(): ReadonlyMap<string, Command> {
  return useStore(commandStore, (state) => state.commands);
}

/** Run a command if it is there and enabled; says whether it was. */
export function runCommand(id: string): boolean {
  const command = commandStore.getState().commands.get(id);
  if (!command || command.enabled?.() === false) return false;
  void command.perform();
  return true;
}

/** Whether a key press is this shortcut. */
export function matchesShortcut(event: KeyboardEvent, shortcut: string, mac: boolean = isMac()): boolean {
  const parts = splitShortcut(shortcut);
  const key = parts.at(-1) ?? '';
  const mod = mac ? event.metaKey : event.ctrlKey;
  const other = mac ? event.ctrlKey : event.metaKey;
  if (mod !== parts.includes('Mod') || other || event.altKey !== parts.includes('Alt')) return false;
  const pressed = /^Digit\d$/.test(event.code) && parts.includes('Shift') ? event.code.slice(5) : event.key;
  // With Alt, some keyboards make another letter of it.
  const isKey = event.altKey && event.code === `Key${key.toUpperCase()}`;
  if (!isKey && pressed.toLowerCase() !== key.toLowerCase()) return false;
  // A symbol such as ? already says which keys make it, on whatever keyboard.
  const isSymbol = key.length === 1 && !/[a-z0-9]/i.test(key);
  return isSymbol || event.shiftKey === parts.includes('Shift');
}

/** Whether keys pressed now are meant as text. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.closest('[role="listbox"], [role="menu"], [role="combobox"]'))
    return true;
  if (target instanceof HTMLInputElement) {
    return !['button', 'checkbox', 'radio', 'range', 'submit', 'reset'].includes(target.type);
  }
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

let listeners = 0;

/** Let shortcuts act on the whole page while the component is mounted. Safe to use in several places. */
export function useShortcuts(): void {
  useEffect(() => {
    listeners += 1;
    if (listeners === 1) {
      window.addEventListener('keydown', beforeLists, { capture: true });
      window.addEventListener('keydown', onKeyDown);
    }
    return () => {
      listeners -= 1;
      if (listeners > 0) return;
      window.removeEventListener('keydown', beforeLists, { capture: true });
      window.removeEventListener('keydown', onKeyDown);
    };
  }, []);
}

/** A closed list opens at Enter, whatever is held with it: shortcuts come first there. */
function beforeLists(event: KeyboardEvent): void {
  if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
  if (!(event.target instanceof HTMLButtonElement) || event.target.role !== 'combobox') return;
  onKeyDown(event);
  if (event.defaultPrevented) event.stopPropagation();
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const typing = isTyping(event.target);
  const modal = document.querySelector(
    '[role="dialog"][data-state="open"], [role="alertdialog"][data-state="open"]',
  );
  for (const command of commandStore.getState().commands.values()) {
    if (!command.shortcut?.some((shortcut) => matchesShortcut(event, shortcut))) continue;
    const meant =
      command.whileTyping === true || (command.inDraftFields === true && inDraftField(event.target));
    if (command.native || (typing && !meant)) continue;
    if (modal && !(typing && command.whileTyping)) continue;
    if (command.scope === 'canvas' && !canvasHasFocus()) continue;
    event.preventDefault();
    if (command.enabled?.() !== false) void command.perform();
    return;
  }
}

function inDraftField(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('[data-draft-fields]') !== null;
}

/** The canvas has focus when the focus lies in it, or nowhere in particular. */
export function canvasHasFocus(): boolean {
  const active = document.activeElement;
  return active === null || active === document.body || active.closest('[data-canvas]') !== null;
}
