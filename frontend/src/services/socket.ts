import type { Socket } from 'socket.io-client';
import { createStore, useStore } from 'zustand';

import { afterFirstSight } from '../lib/firstSight';
import { createFeed } from '../lib/run/feed';
import type { Feed, FeedHandlers, FeedLink, WatchAnswer } from '../lib/run/feed';
import type { RunEvent } from '../lib/run/types';
import { backoff } from './backoff';
import { api } from './http';

/** The one connection to the namespace `/runs`: how it stands, who listens, and how it comes back when it is lost. */

export interface Connection {
  /** `off` until somebody listens; `connecting` only the first time; `lost` until the next success. */
  status: 'off' | 'connecting' | 'live' | 'lost';
  /** When the next try starts (milliseconds since 1970), while it is lost. */
  retryAt: number | null;
}

export interface RunChange {
  run_id: string;
  status: string;
}

const ACK_TIMEOUT_MS = 6000;
const HEARTBEAT_MS = 2000;
const SILENCE_MS = 8000;

export const connectionStore = createStore<Connection>(() => ({ status: 'off', retryAt: null }));

export function useConnection<T>(selector: (connection: Connection) => T): T {
  return useStore(connectionStore, selector);
}

let socket: Socket | null = null;
let opening: Promise<void> | null = null;
let tries = 0;
let retry: ReturnType<typeof setTimeout> | null = null;
let heardAt: number | null = null;
const feeds = new Map<string, Set<Feed>>();
const changeListeners = new Set<(change: RunChange) => void>();

/** When the server was last heard of (milliseconds since 1970). Not in the store: it moves with every event. */
export function lastHeard(): number | null {
  return heardAt;
}

/** Does not wait for the next try: connects now. */
export function reconnectNow(): void {
  if (connectionStore.getState().status === 'lost') connect();
}

/**
 * Follows a run until the returned function is called. With `after`, nothing up to that event is told again and no
 * snapshot is; without it the first thing told is a snapshot.
 */
export function watchRun(runId: string, after: number | null, handlers: FeedHandlers): () => void {
  const feed = createFeed(runId, after, link, handlers);
  const watching = feeds.get(runId) ?? new Set();
  watching.add(feed);
  feeds.set(runId, watching);
  open();
  if (socket?.connected === true) syncOrDrop(feed);
  return () => {
    feed.close();
    watching.delete(feed);
    if (watching.size > 0 || feeds.get(runId) !== watching) return;
    feeds.delete(runId);
    socket?.emit('unwatch', { run_id: runId });
  };
}

/** Hears of every run that begins, ends or moves on, to keep lists fresh. */
export function onRunsChanged(listener: (change: RunChange) => void): () => void {
  changeListeners.add(listener);
  open();
  return () => void changeListeners.delete(listener);
}

const link: FeedLink = {
  watch: async (runId, after) => {
    if (socket === null) throw new Error('Not connected.');
    const answer = (await socket
      .timeout(ACK_TIMEOUT_MS)
      .emitWithAck('watch', { run_id: runId, after })) as WatchAnswer;
    heard();
    return answer;
  },
  fetchEvents: (runId, after) =>
    api.get(`runs/${encodeURIComponent(runId)}/events?after=${String(after)}&limit=1000`),
};

function heard(): void {
  heardAt = Date.now();
}

function open(): void {
  opening ??= start();
}

const loadSocket = afterFirstSight(() => import('socket.io-client'));

async function start(): Promise<void> {
  connectionStore.setState({ status: 'connecting', retryAt: null });
  const { io } = await loadSocket();
  // Our own clock decides when to try again, so that the page can say when that is.
  socket = io('/runs', {
    path: '/socket.io',
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    reconnection: false,
    autoConnect: false,
    timeout: 5000,
  });
  socket.on('connect', connected);
  socket.on('disconnect', lost);
  socket.on('connect_error', lost);
  socket.on('event', (event: RunEvent) => {
    heard();
    for (const feed of feeds.get(event.run_id) ?? []) feed.push(event);
  });
  socket.on('changed', (change: RunChange) => {
    heard();
    for (const listener of changeListeners) listener(change);
  });
  socket.io.on('ping', heard);
  window.addEventListener('online', reconnectNow);
  window.addEventListener('offline', () => void doubt());
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') reconnectNow();
  });
  setInterval(heartbeat, HEARTBEAT_MS);
  connect();
}

function connect(): void {
  if (retry !== null) clearTimeout(retry);
  retry = null;
  connectionStore.setState({ retryAt: null });
  socket?.connect();
}

function connected(): void {
  heard();
  tries = 0;
  connectionStore.setState({ status: 'live', retryAt: null });
  for (const watching of feeds.values()) for (const feed of watching) syncOrDrop(feed);
  // What changed in between was told to nobody: lists ask anew.
  for (const listener of changeListeners) listener({ run_id: '', status: '' });
}

function lost(): void {
  if (retry !== null) return;
  const wait = backoff(tries);
  tries += 1;
  connectionStore.setState({ status: 'lost', retryAt: Date.now() + wait });
  retry = setTimeout(connect, wait);
}

/** Ends a connection that no longer answers, so that a new one can take its place. */
function drop(): void {
  socket?.disconnect();
  lost();
}

function syncOrDrop(feed: Feed): void {
  feed.sync().catch(() => {
    if (connectionStore.getState().status === 'live') drop();
  });
}

/** A run that says nothing for a while is asked for news: the answer shows that the line still works. */
function heartbeat(): void {
  if (connectionStore.getState().status !== 'live') return;
  if (heardAt !== null && Date.now() - heardAt < SILENCE_MS) return;
  for (const watching of feeds.values()) {
    for (const feed of watching) {
      if (!feed.active) continue;
      syncOrDrop(feed);
      return;
    }
  }
}

/** The browser says it is offline; a server on this machine may still be there, so ask it before believing that. */
async function doubt(): Promise<void> {
  try {
    await fetch('/healthz', { cache: 'no-store' });
  } catch {
    if (connectionStore.getState().status === 'live') drop();
  }
}
