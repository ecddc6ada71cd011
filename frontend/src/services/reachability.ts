import { createStore, useStore } from 'zustand';

interface Reachability {
  reachable: boolean;
  /** Called on every answer. */
  heard: () => void;
  /** Called when a request got no answer; asks again, ever more slowly, until the server is back. */
  lost: () => void;
}

const FIRST_WAIT = 500;
const LONGEST_WAIT = 5000;

/** Whether the server answers, as the last request saw it. */
export const reachability = createStore<Reachability>((set, get) => ({
  reachable: true,
  heard: () => {
    if (!get().reachable) set({ reachable: true });
  },
  lost: () => {
    if (!get().reachable) return;
    set({ reachable: false });
    void askUntilItAnswers(() => get().reachable, get().heard);
  },
}));

export function useReachable(): boolean {
  return useStore(reachability, (state) => state.reachable);
}

async function askUntilItAnswers(isReachable: () => boolean, heard: () => void): Promise<void> {
  for (let wait = FIRST_WAIT; !isReachable(); wait = Math.min(wait * 1.6, LONGEST_WAIT)) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    if (await answers()) heard();
  }
}

async function answers(): Promise<boolean> {
  try {
    return (await fetch('/healthz', { cache: 'no-store' })).ok;
  } catch {
    return false;
  }
}
