/** Copy, cut and paste over the system's clipboard, as JSON text. Where the browser forbids it, within the page. */

import { toast } from '@/components/ui/toasts';
import { announce } from '@/lib/announce';
import { canvasHasFocus, isTyping } from '@/lib/commands';
import { copyText } from '@/lib/copyText';
import { documentStore } from '@/lib/document/documentStore';
import {
  boundsOf,
  cutOut,
  fragmentToText,
  placedIn,
  textToFragment,
  type Fragment,
} from '@/lib/document/fragment';
import type { Point } from '@/lib/document/types';
import { canvasUi } from './canvasUi';

let remembered: string | null = null;

/** Answer the browser's own copy, cut and paste events. `placeFor` says where what is pasted goes. */
export function listenToClipboard(placeFor: (fragment: Fragment) => Point): () => void {
  const abort = new AbortController();
  const { signal } = abort;
  const copy = (event: ClipboardEvent) => {
    if (isElsewhere(event) || !event.clipboardData) return;
    const text = selectionText();
    if (text === null) return;
    event.preventDefault();
    event.clipboardData.setData('text/plain', text);
    remembered = text;
    if (event.type === 'cut' && !canvasUi.getState().readOnly) cutSelected();
    else announceCopied();
  };
  document.addEventListener('copy', copy, { signal });
  document.addEventListener('cut', copy, { signal });
  document.addEventListener(
    'paste',
    (event) => {
      if (isElsewhere(event) || canvasUi.getState().readOnly) return;
      event.preventDefault();
      const text = event.clipboardData?.getData('text/plain') ?? '';
      if (!pasteText(text, placeFor)) explain(text, event.clipboardData?.files.length ?? 0);
    },
    { signal },
  );
  return () => {
    abort.abort();
  };
}

/** Copy the selection without a key press (menus). */
export async function copySelection(): Promise<void> {
  const text = selectionText();
  if (text === null) return;
  remembered = text;
  announceCopied();
  await copyText(text); // Where that is refused the page remembers it, so paste works within it.
}

export async function cutSelection(): Promise<void> {
  await copySelection();
  cutSelected();
}

/** Paste without a key press (menus). */
export async function pasteFromClipboard(placeFor: (fragment: Fragment) => Point): Promise<void> {
  let text = '';
  try {
    text = await navigator.clipboard.readText();
  } catch {
    // As above: what was copied in this page can still be pasted.
  }
  if (!pasteText(text, placeFor) && !(remembered !== null && pasteText(remembered, placeFor))) {
    explain(text, 0);
  }
}

/** Toasts are read out, so this says it to everybody. */
function explain(text: string, files: number): void {
  const found = files > 0 ? 'holds a file' : text.trim() === '' ? 'holds no text' : 'holds other text';
  const remedy = files > 0 ? ' Drop a file on the canvas to open or upload it.' : '';
  toast({
    title: 'Nothing was pasted',
    description: `The canvas takes nodes copied from a pipeline, or a whole pipeline as JSON; the clipboard ${found}.${remedy}`,
    tone: 'warning',
  });
}

function pasteText(text: string, placeFor: (fragment: Fragment) => Point): boolean {
  const fragment = textToFragment(text);
  if (!fragment) return false;
  const ids = documentStore.getState().paste(fragment, placeFor(fragment));
  announce(ids.length === 1 ? 'One node pasted.' : `${ids.length} nodes pasted.`);
  return true;
}

/** Where to put a fragment so that it lies around a point. */
export function around(fragment: Fragment, [x, y]: Point): Point {
  const { width, height } = boundsOf(placedIn(fragment));
  return [x - width / 2 - 120, y - height / 2 - 32];
}

function selectionText(): string | null {
  const state = documentStore.getState();
  const fragment = cutOut(state, new Set([...state.selection, ...state.selectedAnnotations]));
  return fragment && fragmentToText(fragment);
}

function cutSelected(): void {
  const words = counted('cut');
  documentStore.getState().removeSelection();
  announce(words);
}

function announceCopied(): void {
  announce(counted('copied'));
}

function counted(done: string): string {
  const { selection, selectedAnnotations } = documentStore.getState();
  const count = selection.size + selectedAnnotations.size;
  const what = selectedAnnotations.size > 0 ? 'item' : 'node';
  return count === 1 ? `One ${what} ${done}.` : `${count} ${what}s ${done}.`;
}

/** Text that is selected or typed keeps its own clipboard. */
function isElsewhere(event: Event): boolean {
  const marked = getSelection();
  return isTyping(event.target) || !canvasHasFocus() || (marked !== null && !marked.isCollapsed);
}
