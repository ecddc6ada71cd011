/** Words for screen readers about what just happened; one live region on the page says them. */

import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';

interface Announcement {
  readonly text: string;
  /** Counts announcements, so that the same words are said again. */
  readonly count: number;
}

const announcements = createStore<Announcement>()(() => ({ text: '', count: 0 }));

export function announce(text: string): void {
  announcements.setState(({ count }) => ({ text, count: count + 1 }));
}

export function useAnnouncement(): Announcement {
  return useStore(announcements);
}
