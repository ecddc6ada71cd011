// @vitest-environment jsdom
import { afterEach, expect, it, vi } from 'vitest';
import { copyText } from './copyText';

afterEach(() => {
  vi.unstubAllGlobals();
});

it('writes to the clipboard', async () => {
  const writeText = vi.fn(() => Promise.resolve());
  vi.stubGlobal('navigator', { clipboard: { writeText } });
  expect(await copyText('a link')).toBe(true);
  expect(writeText).toHaveBeenCalledWith('a link');
});

it('answers a copy event where the page has no clipboard, and leaves nothing behind', async () => {
  vi.stubGlobal('navigator', {});
  const setData = vi.fn();
  document.execCommand = vi.fn(() => {
    const event = Object.assign(new Event('copy', { cancelable: true, bubbles: true }), {
      clipboardData: { setData },
    });
    return document.dispatchEvent(event);
  });
  const others = vi.fn();
  document.addEventListener('copy', others);
  expect(await copyText('a link')).toBe(true);
  expect(setData).toHaveBeenCalledWith('text/plain', 'a link');
  expect(others).not.toHaveBeenCalled();
  expect(document.body.childElementCount).toBe(0);
  document.removeEventListener('copy', others);
});

it('says when it could not', async () => {
  vi.stubGlobal('navigator', {});
  document.execCommand = vi.fn(() => false);
  expect(await copyText('a link')).toBe(false);
});
