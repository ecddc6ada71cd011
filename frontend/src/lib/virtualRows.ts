import { useVirtualizer } from '@tanstack/react-virtual';
import type { Virtualizer } from '@tanstack/react-virtual';
import type { RefObject } from 'react';

interface VirtualRowsOptions {
  count: number;
  box: RefObject<HTMLElement | null>;
  rowHeight: number;
  overscan?: number;
  /** Columns instead; `rowHeight` is then their width. */
  horizontal?: boolean;
}

/** Only the rows that can be seen are drawn; the rest is a number. */
export function useVirtualRows(options: VirtualRowsOptions): Virtualizer<HTMLElement, HTMLElement> {
  const { count, box, rowHeight, overscan = 8, horizontal = false } = options;
  // The rule warns of a compiler that we don't use; callers get the live object on every render.
  // eslint-disable-next-line react-hooks/incompatible-library
  return useVirtualizer<HTMLElement, HTMLElement>({
    count,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan,
    horizontal,
  });
}
