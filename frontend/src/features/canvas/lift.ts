/**
 * Where a drag has taken nodes, beyond where @xyflow/react knows them. A move by way of the library asks every node and
 * every wire on the canvas whether it is concerned, at every step of the pointer; this reaches what moves and its wires.
 */

import { useCallback, useSyncExternalStore } from 'react';
import type { Point } from '@/lib/document/types';

export interface Place {
  readonly x: number;
  readonly y: number;
}

interface Lifted {
  /** Where the library draws it. */
  readonly from: Place;
  readonly element: HTMLElement | undefined;
  /** Its mark on the map of the pipeline. */
  readonly mark: SVGElement | undefined;
}

/** From this many wires on, those that stay are drawn as one picture while others move. */
const FREEZE_FROM = 60;
const PICTURE = 'data-picture';
const STAYS = 'data-stays';

const lifted = new Map<string, Lifted>();
const offsets = new Map<string, Point>();
const listeners = new Map<string, Set<() => void>>();

/** How far a node lies from where the library draws it; undefined for those that lie just there. */
export function useLift(id: string): Point | undefined {
  const subscribe = useCallback(
    (told: () => void) => {
      const all = listeners.get(id) ?? new Set();
      listeners.set(id, all.add(told));
      return () => {
        all.delete(told);
        if (all.size === 0) listeners.delete(id);
      };
    },
    [id],
  );
  return useSyncExternalStore(subscribe, () => offsets.get(id));
}

/** Begin to move nodes that are drawn at these places, and these wires with them. */
export function lift(places: ReadonlyMap<string, Place>, wires: ReadonlySet<string>): void {
  const elements = byId<HTMLElement>('.react-flow__node[data-id]');
  const marks = byId<SVGElement>('.react-flow__minimap [data-id]');
  for (const [id, from] of places) lifted.set(id, { from, element: elements.get(id), mark: marks.get(id) });
  if (wires.size > 0) freeze(wires);
}

export function isLifted(): boolean {
  return lifted.size > 0;
}

/** Draw lifted nodes at these places. */
export function carry(places: ReadonlyMap<string, Place>): void {
  for (const [id, { x, y }] of places) {
    const held = lifted.get(id);
    if (!held) continue;
    const by: Point = [x - held.from.x, y - held.from.y];
    const before = offsets.get(id) ?? [0, 0];
    if (by[0] === before[0] && by[1] === before[1]) continue;
    offsets.set(id, by);
    // In the library's own words: it only writes what differs from what it wrote last.
    if (held.element) held.element.style.transform = `translate(${x}px,${y}px)`;
    held.mark?.setAttribute('transform', `translate(${by.join(' ')})`);
    for (const told of listeners.get(id) ?? []) told();
  }
}

/** Leave the nodes at these places, where the library is about to draw them. */
export function setDown(places: ReadonlyMap<string, Place>): void {
  carry(places);
  for (const { mark } of lifted.values()) mark?.removeAttribute('transform');
  lifted.clear();
  thaw();
  const ids = [...offsets.keys()];
  offsets.clear();
  for (const id of ids) for (const told of listeners.get(id) ?? []) told();
}

/**
 * Draw all other wires in one element: @xyflow/react gives each an `<svg>` of its own, and for one that changes the
 * browser lays out and puts together all of them.
 */
function freeze(moving: ReadonlySet<string>): void {
  const [layer] = document.getElementsByClassName('react-flow__edges');
  if (!layer || layer.children.length - moving.size < FREEZE_FROM) return;
  const pictures = new Map<string, Element>();
  for (const one of [...layer.children]) {
    const edge = one.querySelector<SVGGElement>('.react-flow__edge');
    if (!(one instanceof SVGSVGElement) || !edge) continue;
    if (moving.has(edge.dataset.id ?? '') || one.contains(document.activeElement)) {
      one.setAttribute(STAYS, '');
      continue;
    }
    const wire = edge.querySelector('[data-wire]');
    const line = wire?.querySelector('.react-flow__edge-path');
    if (!wire || !line) continue;
    const copy = wire.cloneNode() as Element;
    copy.removeAttribute('data-wire');
    copy.append(line.cloneNode());
    const { zIndex } = one.style;
    const picture = pictures.get(zIndex) ?? (one.cloneNode() as Element);
    picture.append(copy);
    pictures.set(zIndex, picture);
  }
  for (const picture of pictures.values()) {
    picture.setAttribute(PICTURE, '');
    picture.setAttribute(STAYS, '');
  }
  layer.setAttribute('data-frozen', '');
  layer.append(...pictures.values());
}

function thaw(): void {
  for (const layer of document.querySelectorAll('[data-frozen]')) layer.removeAttribute('data-frozen');
  for (const picture of document.querySelectorAll(`[${PICTURE}]`)) picture.remove();
  for (const wire of document.querySelectorAll(`[${STAYS}]`)) wire.removeAttribute(STAYS);
}

function byId<E extends HTMLElement | SVGElement>(selector: string): Map<string, E> {
  return new Map(
    [...document.querySelectorAll<E>(selector)].map((element) => [element.dataset.id ?? '', element]),
  );
}
