import type { PipelineDocument } from '../document/types';

/** Edits that the server may not have yet, kept in the browser so that a reload or a crash loses nothing. */

export interface JournalEntry {
  readonly revision: number;
  readonly document: PipelineDocument;
  /** An earlier state that was on its way to the server when this was written. */
  readonly underWay: PipelineDocument | null;
  /** Milliseconds since 1970. */
  readonly time: number;
}

const PREFIX = 'torchwire.journal.';
const TAB_KEY = 'torchwire.tab';

export class Journal {
  constructor(
    private readonly storage: Storage,
    private readonly tab: string,
  ) {}

  write(pipelineId: string, entry: JournalEntry): boolean {
    try {
      this.storage.setItem(this.key(pipelineId), JSON.stringify(entry));
      return true;
    } catch {
      return false; // Storage is full or blocked; the server still gets the edit.
    }
  }

  clear(pipelineId: string): void {
    this.storage.removeItem(this.key(pipelineId));
  }

  /** This tab's entry, else the newest one left by a tab that is gone. The found one becomes this tab's. */
  take(pipelineId: string, livingTabs: ReadonlySet<string>): JournalEntry | null {
    const prefix = `${PREFIX}${pipelineId}.`;
    const entries = Object.keys(this.storage)
      .filter((key) => key.startsWith(prefix))
      .map((key) => ({ key, tab: key.slice(prefix.length), entry: parse(this.storage.getItem(key)) }))
      .filter(({ tab }) => tab === this.tab || !livingTabs.has(tab))
      .sort((a, b) => rank(b, this.tab) - rank(a, this.tab));
    const best = entries[0];
    if (!best?.entry) return null;
    if (best.tab !== this.tab) {
      this.storage.removeItem(best.key);
      this.write(pipelineId, best.entry);
    }
    return best.entry;
  }

  private key(pipelineId: string): string {
    return `${PREFIX}${pipelineId}.${this.tab}`;
  }
}

function rank({ tab, entry }: { tab: string; entry: JournalEntry | null }, own: string): number {
  return (tab === own ? 1e15 : 0) + (entry?.time ?? 0);
}

function parse(text: string | null): JournalEntry | null {
  try {
    const entry = JSON.parse(text ?? '') as Partial<JournalEntry> | null;
    const whole = typeof entry?.revision === 'number' && Array.isArray(entry.document?.nodes);
    return whole ? (entry as JournalEntry) : null;
  } catch {
    return null;
  }
}

/**
 * This tab's name, which survives a reload, and the names of all open tabs. A duplicated tab starts with a copy of
 * its sibling's name; the lock tells that it is taken.
 */
export async function identifyTab(): Promise<{ tab: string; living: ReadonlySet<string> }> {
  const remembered = sessionStorage.getItem(TAB_KEY);
  const tab = remembered !== null && (await claim(remembered)) ? remembered : await claimNew();
  sessionStorage.setItem(TAB_KEY, tab);
  return { tab, living: await livingTabs() };
}

export async function livingTabs(): Promise<ReadonlySet<string>> {
  if (!('locks' in navigator)) return new Set();
  const { held = [] } = await navigator.locks.query();
  return new Set(held.map((lock) => lock.name?.replace(`${TAB_KEY}.`, '') ?? ''));
}

async function claimNew(): Promise<string> {
  const tab = Math.random().toString(36).slice(2, 10);
  await claim(tab);
  return tab;
}

/** A page that is being reloaded lets go of its lock a moment after the next one has begun. */
const HANDOVER_MS = 400;

/** Hold the lock of that name as long as the page lives. Resolves to whether it was free. */
function claim(tab: string): Promise<boolean> {
  if (!('locks' in navigator)) return Promise.resolve(true);
  return new Promise((resolve) => {
    navigator.locks
      .request(`${TAB_KEY}.${tab}`, { signal: AbortSignal.timeout(HANDOVER_MS) }, () => {
        resolve(true);
        return new Promise<never>(() => undefined);
      })
      .catch(() => resolve(false));
  });
}
