import type { PipelineDocument } from '../document/types';
import { sameJson } from './sameJson';

/** A draft on its way to the server: one request at a time, the newest document always wins over older ones. */

export interface SavedDraft {
  readonly revision: number;
}

/** The draft as the server has it, sent along when a save was based on an older one. */
export interface NewerDraft extends SavedDraft {
  readonly document: PipelineDocument;
}

export type SaveOutcome =
  | { readonly kind: 'saved'; readonly revision: number }
  | { readonly kind: 'stale'; readonly newer: NewerDraft | null }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'refused'; readonly message: string };

export type SaveStatus =
  | { readonly kind: 'saved' }
  /** Edited, and about to be sent. */
  | { readonly kind: 'pending' }
  | { readonly kind: 'saving' }
  /** The server can't be reached; tried again by itself. */
  | { readonly kind: 'unreachable' }
  /** The server holds a newer draft (null: it was deleted); nothing is sent until somebody decides. */
  | { readonly kind: 'stale'; readonly newer: NewerDraft | null }
  | { readonly kind: 'refused'; readonly message: string };

export interface SaveQueueOptions {
  /** `step` says what was done since the last save, for the journal. */
  send: (document: PipelineDocument, revision: number, step: string) => Promise<SaveOutcome>;
  onStatus: (status: SaveStatus) => void;
  onSaved: (revision: number) => void;
}

/** The server has an edit at most this long after the last one. */
export const QUIET_MS = 250;
const LONGEST_WAIT_MS = 1500;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 10_000;

export class SaveQueue {
  private waiting: PipelineDocument | null = null;
  /** What was done in what waits, the same steps in a row once. */
  private steps: readonly string[] = [];
  private inFlight: Promise<void> | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private firstEditAt = 0;
  private retryIn = FIRST_RETRY_MS;
  private lastSent: PipelineDocument | null = null;
  private inFlightDocument: PipelineDocument | null = null;
  private status: SaveStatus = { kind: 'saved' };
  private closed = false;

  constructor(
    private revision: number,
    private readonly options: SaveQueueOptions,
  ) {}

  /** Whether there are edits that the server doesn't have. */
  get unsaved(): boolean {
    return this.waiting !== null || this.inFlight !== null;
  }

  /** What was sent and may or may not have arrived. */
  get underWay(): PipelineDocument | null {
    return this.inFlightDocument ?? this.lastSent;
  }

  edited(document: PipelineDocument, step: string): void {
    const now = Date.now();
    if (this.steps.at(-1) !== step) this.steps = [...this.steps, step];
    if (this.waiting === null) this.firstEditAt = now;
    this.waiting = document;
    if (this.status.kind === 'stale' || this.inFlight) return;
    if (this.status.kind !== 'unreachable') this.become({ kind: 'pending' });
    this.schedule(Math.max(0, Math.min(QUIET_MS, this.firstEditAt + LONGEST_WAIT_MS - now)));
  }

  /** Send what waits without further delay. Resolves to whether the server now has everything. */
  async flush(): Promise<boolean> {
    while (this.waiting !== null || this.inFlight) {
      if (this.status.kind === 'stale') return false;
      await (this.inFlight ?? this.send());
      if (this.status.kind === 'unreachable' || this.status.kind === 'refused') return false;
    }
    return this.status.kind === 'saved';
  }

  /** Somebody else saved a newer draft: stop before the next save is refused. */
  overtaken(newer: NewerDraft | null): void {
    if (newer && newer.revision <= this.revision) return;
    clearTimeout(this.timer);
    this.become({ kind: 'stale', newer });
  }

  /** Try again now, because the server seems to be back. */
  retry(): void {
    if (this.status.kind === 'unreachable') this.schedule(0);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private schedule(wait: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.send(), wait);
  }

  private send(): Promise<void> {
    clearTimeout(this.timer);
    this.inFlight ??= this.sendWaiting().finally(() => (this.inFlight = null));
    return this.inFlight;
  }

  private async sendWaiting(): Promise<void> {
    while (this.waiting !== null && this.status.kind !== 'stale' && !this.closed) {
      const document = this.waiting;
      const { steps } = this;
      this.waiting = null;
      this.steps = [];
      if (this.status.kind !== 'unreachable') this.become({ kind: 'saving' });
      this.inFlightDocument = document;
      const outcome = await this.options.send(document, this.revision, inWords(steps));
      this.inFlightDocument = null;
      if (this.closed) return;
      if (outcome.kind !== 'saved') this.steps = [...steps, ...this.steps];
      if (!this.settle(document, outcome)) return;
    }
  }

  /** Act on an answer; returns whether to go on sending. */
  private settle(document: PipelineDocument, outcome: SaveOutcome): boolean {
    switch (outcome.kind) {
      case 'saved':
        this.saved(outcome.revision);
        return true;
      case 'stale':
        return this.settleStale(document, outcome.newer);
      case 'unreachable':
        this.lastSent = document;
        this.waiting ??= document;
        this.become({ kind: 'unreachable' });
        this.schedule(this.retryIn);
        this.retryIn = Math.min(this.retryIn * 2, LONGEST_RETRY_MS);
        return false;
      case 'refused':
        this.waiting ??= document;
        this.become({ kind: 'refused', message: outcome.message });
        return false;
    }
  }

  private settleStale(document: PipelineDocument, newer: NewerDraft | null): boolean {
    // An earlier request may have arrived though its answer was lost: then the newer draft is our own.
    const sent = [document, this.lastSent];
    if (newer && sent.some((own) => own !== null && sameJson(own, newer.document))) {
      const caughtUp = sameJson(document, newer.document);
      if (!caughtUp) this.waiting ??= document;
      this.saved(newer.revision);
      return true;
    }
    this.waiting ??= document;
    this.become({ kind: 'stale', newer });
    return false;
  }

  private saved(revision: number): void {
    this.revision = revision;
    this.retryIn = FIRST_RETRY_MS;
    this.lastSent = null;
    this.options.onSaved(revision);
    this.become({ kind: this.waiting === null ? 'saved' : 'pending' });
  }

  private become(status: SaveStatus): void {
    if (this.closed) return;
    this.status = status;
    this.options.onStatus(status);
  }
}

const LONGEST_STEP = 200;

/** Several steps as one line: the first ones, and how many more. */
function inWords(steps: readonly string[]): string {
  const shown = steps.slice(0, 2).join(', ');
  const more = steps.length > 2 ? ` and ${steps.length - 2} more` : '';
  return shown.slice(0, LONGEST_STEP - more.length) + more;
}
