/** Put text on the system's clipboard; says whether it is there. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // A page opened from another computer without https has no clipboard of its own.
    return copyByEvent(text);
  }
}

function copyByEvent(text: string): boolean {
  let done = false;
  const answer = (event: ClipboardEvent) => {
    event.stopImmediatePropagation();
    event.preventDefault();
    event.clipboardData?.setData('text/plain', text);
    done = event.clipboardData !== null;
  };
  // Some browsers copy only where something is selected. A selection leaves the focus where it is.
  const words = document.createElement('span');
  words.textContent = text;
  words.style.cssText =
    'position: fixed; opacity: 0; white-space: pre; user-select: text; pointer-events: none';
  words.ariaHidden = 'true';
  document.body.append(words);
  const selection = getSelection();
  selection?.selectAllChildren(words);
  addEventListener('copy', answer, { capture: true });
  try {
    document.execCommand('copy');
  } finally {
    removeEventListener('copy', answer, { capture: true });
    selection?.removeAllRanges();
    words.remove();
  }
  return done;
}
