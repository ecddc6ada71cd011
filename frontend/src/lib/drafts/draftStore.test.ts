// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { documentStore } from '../document/documentStore';
import { chain } from '../document/testing';
import type { PipelineDocument } from '../document/types';
import { abandonDraft, draftStore, flushDraft, loadNewer, openPipeline } from './draftStore';

const document = (name: string): PipelineDocument => ({
  format: 'torchwire/pipeline',
  version: 1,
  name,
  description: '',
  default_compute_target: 'local-cpu',
  nodes: [],
  wires: [],
});

/** A server that keeps one draft, as it answers over HTTP. */
function serve() {
  const draft = { revision: 1, document: document('first') };
  let away = false;
  const record = () => ({
    id: 'p',
    name: draft.document.name,
    created: 0,
    updated: 0,
    node_count: 0,
    ...draft,
  });
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    if (away) return Promise.reject(new TypeError('no network'));
    if (url === '/healthz') return Promise.resolve(Response.json({ status: 'ok' }));
    if (init.method !== 'PUT') return Promise.resolve(Response.json({ pipeline: record() }));
    const sent = JSON.parse(init.body as string) as typeof draft & { emptied?: boolean };
    const empties = sent.document.nodes.length === 0 && draft.document.nodes.length > 0;
    if (sent.revision !== draft.revision || (empties && sent.emptied !== true)) {
      const error = { code: '2004', name: 'ConflictError', message: 'Stale.' };
      return Promise.resolve(Response.json({ error, pipeline: record() }, { status: 409 }));
    }
    draft.revision += 1;
    draft.document = sent.document;
    return Promise.resolve(Response.json({ pipeline: record() }));
  });
  return { draft, goAway: () => (away = true), comeBack: () => (away = false) };
}

const name = () => documentStore.getState().name;
const status = () => draftStore.getState().status.kind;

describe('an open draft', () => {
  let server: ReturnType<typeof serve>;

  beforeEach(async () => {
    localStorage.clear();
    server = serve();
    await openPipeline('p');
  });
  afterEach(() => {
    abandonDraft();
    vi.unstubAllGlobals();
  });

  it('is saved when it was edited', async () => {
    documentStore.getState().setName('second');
    expect(status()).toBe('pending');
    expect(await flushDraft()).toBe(true);
    expect(server.draft).toMatchObject({ revision: 2, document: { name: 'second' } });
    expect(documentStore.getState().revision).toBe(2);
  });

  it('never overwrites a newer draft, and can give way to it', async () => {
    server.draft.revision = 5;
    server.draft.document = document('theirs');
    documentStore.getState().setName('mine');
    expect(await flushDraft()).toBe(false);
    expect(status()).toBe('stale');
    expect(server.draft.document.name).toBe('theirs');
    expect((await loadNewer())?.name).toBe('mine');
    expect(name()).toBe('theirs');
    expect(status()).toBe('saved');
  });

  it('comes back after a reload with edits that had not been saved', async () => {
    server.goAway();
    documentStore.getState().setName('not sent');
    expect(await flushDraft()).toBe(false);
    expect(status()).toBe('unreachable');
    dispatchEvent(new Event('pagehide'));
    server.comeBack();
    await openPipeline('p');
    expect(name()).toBe('not sent');
    expect(await flushDraft()).toBe(true);
    expect(server.draft.document.name).toBe('not sent');
  });

  it('says that every node was removed, when that was done here', async () => {
    server.draft.document = chain();
    await openPipeline('p');
    documentStore.getState().removeNodes(Object.keys(documentStore.getState().nodes));
    expect(await flushDraft()).toBe(true);
    expect(server.draft.document.nodes).toEqual([]);
  });

  it('never lets an empty document from the browser’s memory replace a full one', async () => {
    server.goAway();
    documentStore.getState().setName('empty, and not sent');
    expect(await flushDraft()).toBe(false);
    dispatchEvent(new Event('pagehide'));
    server.comeBack();
    server.draft.document = chain();
    await openPipeline('p');
    documentStore.getState().setName('still empty');
    expect(await flushDraft()).toBe(false);
    expect(status()).toBe('stale');
    expect(server.draft.document.nodes).not.toEqual([]);
  });
});
