import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import { ApiError, api } from '@/services/http';
import { createPipeline, fetchPipeline } from '@/services/queries/usePipelines';
import { queryClient } from '@/services/queries/queryClient';
import { reachability } from '@/services/reachability';
import type { PipelineAnswer, PipelineConflict, PipelineRecord } from '@/services/types.generated';
import { announce } from '../announce';
import { documentStore, lastStep } from '../document/documentStore';
import { faultStore } from '../document/faultStore';
import type { PipelineDocument } from '../document/types';
import { Journal, identifyTab, livingTabs, type JournalEntry } from './journal';
import { sameJson } from './sameJson';
import { SaveQueue, type SaveOutcome, type SaveStatus } from './saveQueue';
import { readView, rememberPipeline, writeView } from './viewState';

/** Keeps the open draft on the server: every edit is journalled here, then saved there. */

interface DraftState {
  readonly status: SaveStatus;
  /** Milliseconds since 1970; null until the first save after opening. */
  readonly savedAt: number | null;
  /** Edits found in this browser that had not reached the server when the page was left. */
  readonly recovered: boolean;
  /** Counts how often the last node went: that is never let pass in silence. */
  readonly cleared: number;
}

const FRESH: DraftState = { status: { kind: 'saved' }, savedAt: null, recovered: false, cleared: 0 };
const JOURNAL_QUIET_MS = 120;

export const draftStore = createStore<DraftState>(() => FRESH);

export function useDraft<T>(selector: (state: DraftState) => T): T {
  return useStore(draftStore, selector);
}

interface OpenDraft {
  readonly id: string;
  readonly queue: SaveQueue;
}

let open: OpenDraft | null = null;
let opening = 0;
/** After the last edit; a step made of several edits changes the document more than once. */
let nodeCount = 0;
/** The last node went by an edit made here: only then may an empty document replace a full one. */
let emptied = false;
let journalTimer: ReturnType<typeof setTimeout> | undefined;

const tabReady = identifyTab().then(({ tab }) => new Journal(localStorage, tab));
let journal: Journal | null = null;
void tabReady.then((ready) => (journal = ready));

const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('torchwire.drafts') : null;

/** Open a draft of the server. Resolves to whether it is still the wanted one. Raises ApiError. */
export async function openPipeline(pipelineId: string): Promise<boolean> {
  opening += 1;
  const wanted = opening;
  await flushDraft();
  const [record, ownJournal] = await Promise.all([fetchPipeline(pipelineId), tabReady]);
  const living = await livingTabs();
  if (wanted !== opening) return false;
  show(record, ownJournal.take(pipelineId, living));
  return true;
}

/** Send the last edits now. Resolves to whether the server has everything. */
export function flushDraft(): Promise<boolean> {
  return open ? open.queue.flush() : Promise.resolve(true);
}

/** Give up this tab's edits for the server's newer draft. Resolves to the document that was given up. */
export async function loadNewer(): Promise<PipelineDocument | null> {
  if (!open) return null;
  const { id } = open;
  const mine = documentStore.getState().toDocument();
  const record = await fetchPipeline(id);
  if (open.id !== id) return null;
  show(record, null);
  return sameJson(mine, record.document) ? null : mine;
}

/** Save a document as a new draft beside the one it came from. */
export async function saveAsCopy(document: PipelineDocument): Promise<PipelineRecord> {
  const record = await createPipeline({ ...document, name: copyName(document.name) });
  void queryClient.invalidateQueries({ queryKey: ['pipelines'], exact: true });
  return record;
}

/** Leave the open draft without sending anything more, because it was deleted or copied. */
export function abandonDraft(): void {
  if (!open) return;
  const { id } = open;
  close();
  journal?.clear(id);
}

export function copyName(name: string): string {
  return `${name} (copy)`.slice(0, 200);
}

function show(record: PipelineRecord, unsaved: JournalEntry | null): void {
  close();
  const recovered = unsaved !== null && !sameJson(unsaved.document, record.document);
  if (!recovered) journal?.clear(record.id);
  const { id } = record;
  const basedOn = recovered ? baseOf(unsaved, record) : record.revision;
  documentStore.getState().load({ id, revision: basedOn, document: record.document });
  faultStore.getState().clear();
  draftStore.setState({ ...FRESH, recovered });
  nodeCount = documentStore.getState().order.length;
  open = { id, queue: startQueue(id, basedOn) };
  if (recovered) documentStore.getState().replace(unsaved.document, 'Recover unsaved edits');
  emptied = false; // what was found in the browser may be empty by accident
  if (basedOn < record.revision) open.queue.overtaken(record);
  rememberPipeline(id);
  const { nodes, select } = documentStore.getState();
  select(readView(id).selection.filter((nodeId) => nodes[nodeId] !== undefined));
}

/** The revision that recovered edits build on. What was under way when the page was left may have arrived. */
function baseOf(unsaved: JournalEntry, record: PipelineRecord): number {
  const arrived = unsaved.underWay !== null && sameJson(unsaved.underWay, record.document);
  return arrived ? record.revision : unsaved.revision;
}

function close(): void {
  writeJournal();
  open?.queue.close();
  open = null;
}

function startQueue(id: string, revision: number): SaveQueue {
  return new SaveQueue(revision, {
    send: (document, basedOn, step) => send(id, document, basedOn, step),
    onStatus: (status) => draftStore.setState({ status }),
    onSaved: (saved) => {
      documentStore.getState().markSaved({ id, revision: saved });
      draftStore.setState({ savedAt: Date.now(), recovered: false });
      channel?.postMessage({ id, revision: saved });
      void queryClient.invalidateQueries({ queryKey: ['pipelines'] });
    },
  });
}

async function send(
  id: string,
  document: PipelineDocument,
  revision: number,
  step: string,
): Promise<SaveOutcome> {
  try {
    const { pipeline } = await api.put<PipelineAnswer>(`pipelines/${id}`, {
      document,
      revision,
      step,
      ...(emptied && document.nodes.length === 0 && { emptied }),
    });
    return { kind: 'saved', revision: pipeline.revision };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.unreachable) return { kind: 'unreachable' };
    if (error.status === 409) return { kind: 'stale', newer: (error.body as PipelineConflict).pipeline };
    if (error.status === 404) return { kind: 'stale', newer: null };
    return { kind: 'refused', message: error.message };
  }
}

function writeJournal(): void {
  clearTimeout(journalTimer);
  if (!open || !journal || !open.queue.unsaved) return;
  const { toDocument, revision } = documentStore.getState();
  const { underWay } = open.queue;
  journal.write(open.id, { revision, document: toDocument(), underWay, time: Date.now() });
}

documentStore.subscribe((now, before) => {
  if (!open || now.pipelineId !== open.id) return;
  if (now.selection !== before.selection) writeView(open.id, { selection: [...now.selection] });
  if (now.changes === before.changes || now.lastChange === 'load') return;
  faultStore.getState().keepOnly(new Set(now.order));
  if (now.order.length === 0 && nodeCount > 1)
    draftStore.setState(({ cleared }) => ({ cleared: cleared + 1 }));
  emptied = now.order.length === 0 && (emptied || nodeCount > 0);
  nodeCount = now.order.length;
  open.queue.edited(now.toDocument(), lastStep(now, before));
  clearTimeout(journalTimer);
  journalTimer = setTimeout(writeJournal, JOURNAL_QUIET_MS);
});

draftStore.subscribe((now) => {
  if (open && now.status.kind === 'saved' && !open.queue.unsaved) journal?.clear(open.id);
});

reachability.subscribe((now) => {
  if (now.reachable) open?.queue.retry();
});

if (channel) {
  channel.onmessage = ({ data }: MessageEvent<{ id: string; revision: number }>) => {
    if (open?.id === data.id && data.revision > documentStore.getState().revision) void lookForNewer();
  };
}

/** Nothing here is unsaved, so this tab takes the newer draft, as a step that can be undone like any other. */
function follow(record: PipelineRecord): void {
  if (!open) return;
  const { id } = open;
  open.queue.close();
  open = null; // what comes from the server is not sent back to it
  documentStore.getState().replace(record.document, 'Changed in another tab');
  documentStore.getState().markSaved({ id, revision: record.revision });
  nodeCount = documentStore.getState().order.length;
  open = { id, queue: startQueue(id, record.revision) };
  draftStore.setState({ status: { kind: 'saved' }, savedAt: Date.now() });
  announce('The pipeline was changed in another tab; this one shows it.');
}

/** Ask whether the draft was changed elsewhere: in another tab, or on another machine. */
async function lookForNewer(): Promise<void> {
  if (!open || open.queue.unsaved || !reachability.getState().reachable) return;
  const { id } = open;
  try {
    const record = await fetchPipeline(id);
    if (open.id === id && record.revision > documentStore.getState().revision && !open.queue.unsaved) {
      if (sameJson(record.document, documentStore.getState().toDocument())) show(record, null);
      else follow(record);
    }
  } catch {
    // The next save finds out.
  }
}

addEventListener('pagehide', writeJournal);
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') {
    writeJournal();
    void flushDraft();
  } else {
    void lookForNewer();
  }
});
