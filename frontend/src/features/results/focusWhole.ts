/** Focus goes to the dialog itself: on a button its tooltip would open and take the first Escape. */
export function focusWhole(event: Event): void {
  event.preventDefault();
  if (event.currentTarget instanceof HTMLElement) event.currentTarget.focus();
}
