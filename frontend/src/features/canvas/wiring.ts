/** Drawing a wire: by dragging from a port, by clicking two ports, or with the keyboard. One state machine for all. */

import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import { announce } from '@/lib/announce';
import { documentStore } from '@/lib/document/documentStore';
import { readingOrder } from '@/lib/document/readingOrder';
import { Fit, type Verdict, type WireEnd } from '@/lib/document/rules';
import {
  portKey,
  wireId,
  type DocumentWire,
  type Point,
  type PortRef,
  type PortSide,
} from '@/lib/document/types';
import { catalogStore, nodeTitle } from '@/lib/modules/catalog';

export type WiringMode = 'drag' | 'click' | 'keyboard';

export interface Wiring {
  /** The end that stays where it is. */
  readonly end: WireEnd;
  /** The wire whose other end is being moved. */
  readonly moving: DocumentWire | null;
  readonly mode: WiringMode;
  readonly fit: Fit;
}

/** What lies under the pointer, or has the focus, while a wire is drawn. */
export type WireTarget =
  | { readonly kind: 'port'; readonly ref: PortRef; readonly side: PortSide }
  | { readonly kind: 'node'; readonly nodeId: string }
  | { readonly kind: 'canvas' }
  | { readonly kind: 'outside' };

/** Where the wire would go, and what the rules say to it. */
export interface Hover {
  /** The port key, or the node's id when no port of it fits: what the words point at. */
  readonly anchor: string;
  readonly ref: PortRef | null;
  readonly verdict: Verdict;
}

interface WiringState {
  readonly wiring: Wiring | null;
  readonly hover: Hover | null;
  /** Why the last wire was refused; shown at its place for a while. */
  readonly refusal: { readonly anchor: string; readonly reason: string; readonly count: number } | null;
}

export const wiringStore = createStore<WiringState>()(() => ({ wiring: null, hover: null, refusal: null }));

/** The pointer, in the window. Apart from the rest, because it moves with every frame. */
export const pointerStore = createStore<{ readonly client: Point }>()(() => ({ client: [0, 0] }));

export function useWiring<T>(selector: (state: WiringState) => T): T {
  return useStore(wiringStore, selector);
}

const REFUSAL_MS = 5000;

export function beginWire(end: WireEnd, mode: WiringMode, moving: DocumentWire | null = null): void {
  const { nodes, wires } = documentStore.getState();
  const others = moving ? wires.filter((wire) => wireId(wire) !== wireId(moving)) : wires;
  const fit = new Fit({ nodes, wires: others }, catalogStore.getState().modules, end);
  wiringStore.setState({ wiring: { end, moving, mode, fit }, hover: null, refusal: null });
}

export function cancelWire(): void {
  if (!wiringStore.getState().wiring) return;
  wiringStore.setState({ wiring: null, hover: null });
  announce('Wire dropped.');
}

export function hoverOver(target: WireTarget): void {
  const { wiring, hover } = wiringStore.getState();
  if (!wiring) return;
  const next = aimAt(wiring, target);
  if (next?.anchor !== hover?.anchor || next?.verdict.ok !== hover?.verdict.ok)
    wiringStore.setState({ hover: next });
}

/** What would happen if the wire were let go over `target`. */
export function aimAt(wiring: Wiring, target: WireTarget): Hover | null {
  if (target.kind === 'port') {
    const isStart = portKey(target.ref, target.side) === portKey(wiring.end.ref, wiring.end.side);
    if (isStart) return null;
    const verdict = wiring.fit.judge(target.ref, target.side);
    return { anchor: portKey(target.ref, target.side), ref: verdict.ok ? target.ref : null, verdict };
  }
  if (target.kind === 'node') {
    const node = documentStore.getState().nodes[target.nodeId];
    if (!node || node.id === wiring.end.ref[0]) return null;
    const [ref] = wiring.fit.portsOf(node);
    if (ref) return { anchor: portKey(ref, otherSide(wiring.end.side)), ref, verdict: { ok: true } };
    return { anchor: node.id, ref: null, verdict: { ok: false, reason: wiring.fit.refusalOf(node) } };
  }
  return null;
}

export type Dropped = 'joined' | 'refused' | 'removed' | 'nowhere' | 'open';

/** Let the wire go over `target`. `open` means: on the empty canvas, where a module may be added to take it. */
export function dropWire(target: WireTarget): Dropped {
  const { wiring } = wiringStore.getState();
  if (!wiring) return 'nowhere';
  const hover = aimAt(wiring, target);
  wiringStore.setState({ wiring: null, hover: null });
  if (hover?.ref) return join(wiring, hover.ref);
  if (hover && !hover.verdict.ok) {
    refuse(hover.anchor, hover.verdict.reason);
    return 'refused';
  }
  if (target.kind !== 'canvas') return 'nowhere';
  if (!wiring.moving) return 'open';
  documentStore.getState().disconnect([wiring.moving]);
  announce('Wire removed.');
  return 'removed';
}

/** Show why a wire was refused, at the place where it was let go, and say it. */
export function refuse(anchor: string, reason: string): void {
  const count = (wiringStore.getState().refusal?.count ?? 0) + 1;
  wiringStore.setState({ refusal: { anchor, reason, count } });
  announce(reason);
  setTimeout(() => {
    if (wiringStore.getState().refusal?.count === count) dismissRefusal();
  }, REFUSAL_MS);
}

export function dismissRefusal(): void {
  if (wiringStore.getState().refusal) wiringStore.setState({ refusal: null });
}

/** Every port that takes the wire, in reading order: what Tab goes through. */
export function fittingPorts(wiring: Wiring): PortRef[] {
  const state = documentStore.getState();
  return readingOrder(state).flatMap((id) => {
    const node = state.nodes[id];
    if (!node) return [];
    const spec = catalogStore.getState().modules.get(node.module);
    const side = otherSide(wiring.end.side);
    const ports: readonly { id: string }[] = (side === 'input' ? spec?.inputs : spec?.outputs) ?? [];
    return ports.map((port): PortRef => [id, port.id]).filter((ref) => wiring.fit.judge(ref, side).ok);
  });
}

export function otherSide(side: PortSide): PortSide {
  return side === 'input' ? 'output' : 'input';
}

function join(wiring: Wiring, ref: PortRef): Dropped {
  const [from, to] = wiring.end.side === 'output' ? [wiring.end.ref, ref] : [ref, wiring.end.ref];
  const document = documentStore.getState();
  const verdict = wiring.moving ? document.reroute(wiring.moving, from, to) : document.connect(from, to);
  if (!verdict.ok) {
    refuse(portKey(ref, otherSide(wiring.end.side)), verdict.reason);
    return 'refused';
  }
  const { modules } = catalogStore.getState();
  const title = (id: string) => {
    const node = document.nodes[id];
    return node ? nodeTitle(node, modules) : id;
  };
  announce(
    `Joined ${title(from[0])} to ${title(to[0])}.${verdict.replaces ? ` The wire from ${title(verdict.replaces.from[0])} was replaced.` : ''}`,
  );
  return 'joined';
}
