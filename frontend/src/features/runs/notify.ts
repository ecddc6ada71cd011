/** Tells that a run is over while the page is in the background; only for those who asked for it. */

import { createStore, useStore } from 'zustand';

import { toast } from '@/components/ui/toasts';
import { RUN_WORDS } from '@/lib/run/runFigures';
import { runStore } from '@/lib/run/runStore';
import { isOver, type Run } from '@/lib/run/types';
import { duration } from '@/lib/run/format';

const KEY = 'torchwire.notify';

interface NotifyState {
  readonly wanted: boolean;
}

export const notifyStore = createStore<NotifyState>(() => ({ wanted: remembered() && permitted() }));

export function useNotifyWanted(): boolean {
  return useStore(notifyStore, (state) => state.wanted);
}

export function canNotify(): boolean {
  return 'Notification' in globalThis;
}

/** Asks the browser for leave where it has not been given, and remembers the wish. */
export async function toggleNotify(): Promise<void> {
  if (notifyStore.getState().wanted) {
    remember(false);
    return;
  }
  const leave = permitted() ? 'granted' : await Notification.requestPermission();
  if (leave === 'granted') {
    remember(true);
    return;
  }
  toast({
    title: 'The browser does not allow notifications',
    description:
      'Allow them for this page in the browser’s settings. The tab’s title follows the run anyway.',
    tone: 'warning',
  });
}

/** Notifies at the end of the shown run until the returned function is called. */
export function followForNotice(): () => void {
  return runStore.subscribe(({ run, replaying }, before) => {
    if (run === null || replaying || before.replaying || before.run?.id !== run.id) return;
    if (isOver(before.run.status) || !isOver(run.status)) return;
    if (notifyStore.getState().wanted && document.visibilityState === 'hidden') notify(run);
  });
}

function notify(run: Run): void {
  const failed = Object.values(run.nodes).find(({ error }) => error !== null)?.error;
  const notice = new Notification(`${RUN_WORDS[run.status]}: ${run.name}`, {
    body: failed?.message ?? (run.seconds === null ? '' : `It took ${duration(run.seconds)}.`),
    icon: '/favicon.svg',
    tag: run.id,
  });
  notice.onclick = () => {
    window.focus();
    notice.close();
  };
}

function permitted(): boolean {
  return canNotify() && Notification.permission === 'granted';
}

function remembered(): boolean {
  try {
    return localStorage.getItem(KEY) === 'on';
  } catch {
    return false;
  }
}

function remember(wanted: boolean): void {
  notifyStore.setState({ wanted });
  try {
    localStorage.setItem(KEY, wanted ? 'on' : 'off');
  } catch {
    // It holds until the page is left.
  }
}
