/** Pointer and keys turned into steps of `wiring`. Knows the page's elements, nothing about rules. */

import { announce } from '@/lib/announce';
import { canvasApi } from '@/lib/canvas/canvasApi';
import { documentStore } from '@/lib/document/documentStore';
import type { WireEnd } from '@/lib/document/rules';
import { portKey, type DocumentWire, type Point, type PortRef, type PortSide } from '@/lib/document/types';
import { wireInto } from '@/lib/document/wireIndex';
import { canvasUi } from './canvasUi';
import {
  beginWire,
  cancelWire,
  dropWire,
  fittingPorts,
  hoverOver,
  otherSide,
  pointerStore,
  wiringStore,
  type WireTarget,
} from './wiring';

/** A press that moves less than this is a click. */
const CLICK_DISTANCE = 4;
/** How near the pointer has to come to a fitting port to snap to it. */
const SNAP_DISTANCE = 26;

let listening: AbortController | null = null;

/** Begin at a port. Dragging from a wired input takes hold of that wire's end. */
export function pressPort(event: PointerEvent, end: WireEnd): void {
  if (event.button !== 0 || canvasUi.getState().readOnly) return;
  event.stopPropagation();
  const wire = end.side === 'input' ? wireInto(documentStore.getState().wires, end.ref) : undefined;
  drag(event, end, wire ?? null);
}

/** Begin at a wire's end: the other end stays. */
export function pressWireEnd(event: PointerEvent, wire: DocumentWire, moved: PortSide): void {
  if (event.button !== 0 || canvasUi.getState().readOnly) return;
  event.stopPropagation();
  const side = otherSide(moved);
  start([event.clientX, event.clientY], { ref: side === 'output' ? wire.from : wire.to, side }, 'drag', wire);
  listenToDrag([event.clientX, event.clientY]);
}

/** Enter on a port starts a wire, or joins the one that is being drawn. */
export function pressPortKey(event: KeyboardEvent, end: WireEnd): void {
  if ((event.key !== 'Enter' && event.key !== ' ') || canvasUi.getState().readOnly) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return; // Ctrl+Enter submits
  event.preventDefault();
  event.stopPropagation();
  const { wiring } = wiringStore.getState();
  if (wiring) {
    drop({ kind: 'port', ref: end.ref, side: end.side }, pointerStore.getState().client);
    return;
  }
  start(centreOf(portElement(end.ref, end.side)) ?? [0, 0], end, 'keyboard', null);
  const begun = wiringStore.getState().wiring;
  const count = begun ? fittingPorts(begun).length : 0;
  const ports = count === 1 ? 'One port fits' : `${count} ports fit`;
  announce(
    count === 0
      ? 'No port on the canvas fits. Escape drops the wire.'
      : `${ports}. Tab goes through them, Enter joins, Escape drops the wire.`,
  );
}

export function portElement(ref: PortRef, side: PortSide): HTMLElement | null {
  return document.querySelector<HTMLElement>(`[data-port="${CSS.escape(portKey(ref, side))}"]`);
}

export function centreOf(element: Element | null): Point | null {
  if (!element) return null;
  const box = element.getBoundingClientRect();
  return [box.left + box.width / 2, box.top + box.height / 2];
}

/** What a wire let go at this place of the window would meet. */
export function targetAt(client: Point): WireTarget {
  const element = document.elementFromPoint(client[0], client[1]);
  const canvas = element?.closest('[data-canvas]');
  if (!element || !canvas) return { kind: 'outside' };
  const port = element.closest<HTMLElement>('[data-port]') ?? nearbyPort(client, canvas);
  if (port) {
    const { nodeid = '', handleid = '', portSide } = port.dataset;
    return { kind: 'port', ref: [nodeid, handleid], side: portSide === 'output' ? 'output' : 'input' };
  }
  const node = element.closest<HTMLElement>('[data-node-id]');
  if (node) return { kind: 'node', nodeId: node.dataset.nodeId ?? '' };
  return element.closest('[data-overlay]') ? { kind: 'outside' } : { kind: 'canvas' };
}

function nearbyPort(client: Point, canvas: Element): HTMLElement | null {
  let best: HTMLElement | null = null;
  let bestDistance = SNAP_DISTANCE;
  for (const port of canvas.querySelectorAll<HTMLElement>(
    '[data-port]:is([data-role="fits"], [data-role="aimed"])',
  )) {
    const centre = centreOf(port);
    if (!centre) continue;
    const distance = Math.hypot(centre[0] - client[0], centre[1] - client[1]);
    if (distance < bestDistance) {
      best = port;
      bestDistance = distance;
    }
  }
  return best;
}

function drag(event: PointerEvent, end: WireEnd, wire: DocumentWire | null): void {
  const began: Point = [event.clientX, event.clientY];
  const abort = new AbortController();
  const { signal } = abort;
  const move = (moved: PointerEvent) => {
    if (Math.hypot(moved.clientX - began[0], moved.clientY - began[1]) < CLICK_DISTANCE) return;
    abort.abort();
    const fixed: WireEnd = wire ? { ref: wire.from, side: 'output' } : end;
    start([moved.clientX, moved.clientY], fixed, 'drag', wire);
    listenToDrag([moved.clientX, moved.clientY]);
  };
  const up = () => {
    abort.abort();
    start(began, end, 'click', null);
    announce('Choose the port to join. Escape drops the wire.');
  };
  addEventListener('pointermove', move, { signal });
  addEventListener('pointerup', up, { signal });
  addEventListener('pointercancel', () => abort.abort(), { signal });
}

function start(
  client: Point,
  end: WireEnd,
  mode: 'drag' | 'click' | 'keyboard',
  wire: DocumentWire | null,
): void {
  pointerStore.setState({ client });
  beginWire(end, mode, wire);
  listening?.abort();
  listening = new AbortController();
  const { signal } = listening;
  addEventListener('keydown', onKeyDown, { capture: true, signal });
  if (mode === 'click') {
    addEventListener('pointermove', (event) => follow([event.clientX, event.clientY]), { signal });
    addEventListener('pointerdown', onClickElsewhere, { capture: true, signal });
  }
  if (mode === 'keyboard') addEventListener('pointerdown', abandon, { capture: true, signal });
}

function listenToDrag(began: Point): void {
  if (!listening) return;
  const { signal } = listening;
  follow(began);
  addEventListener('pointermove', (event) => follow([event.clientX, event.clientY]), { signal });
  addEventListener(
    'pointerup',
    (event) => drop(targetAt([event.clientX, event.clientY]), [event.clientX, event.clientY]),
    {
      signal,
    },
  );
  addEventListener('pointercancel', abandon, { signal });
  addEventListener('blur', abandon, { signal });
}

function follow(client: Point): void {
  pointerStore.setState({ client });
  hoverOver(targetAt(client));
}

/** Look again at what lies under the pointer: the canvas has moved below it. */
export function followAgain(): void {
  const { wiring } = wiringStore.getState();
  if (wiring && wiring.mode !== 'keyboard') follow([...pointerStore.getState().client]);
}

function drop(target: WireTarget, client: Point): void {
  const { wiring } = wiringStore.getState();
  listening?.abort();
  const outcome = dropWire(target);
  if (outcome === 'open' && wiring?.mode === 'drag') {
    canvasUi.setState({ quickAdd: { client, end: wiring.end } });
  }
}

function abandon(): void {
  listening?.abort();
  cancelWire();
}

/** In click mode, a press on a node joins it; on the empty canvas it drops the wire. Ports answer for themselves. */
function onClickElsewhere(event: PointerEvent): void {
  if (event.button !== 0) return;
  const client: Point = [event.clientX, event.clientY];
  const target = targetAt(client);
  event.preventDefault();
  event.stopPropagation();
  swallowClick();
  if (target.kind === 'port' || target.kind === 'node') drop(target, client);
  else abandon();
}

/** The press that ended a wire is no click on what lies below. */
function swallowClick(): void {
  const abort = new AbortController();
  const swallow = (event: Event) => {
    event.preventDefault();
    event.stopPropagation();
    if (event.type === 'click') abort.abort();
  };
  for (const type of ['mousedown', 'pointerup', 'mouseup', 'click']) {
    addEventListener(type, swallow, { capture: true, signal: abort.signal });
  }
  setTimeout(() => abort.abort(), 600);
}

function onKeyDown(event: KeyboardEvent): void {
  const { wiring } = wiringStore.getState();
  if (!wiring) return;
  if (event.key === 'Escape') {
    event.preventDefault();
    event.stopPropagation();
    abandon();
    if (wiring.mode === 'keyboard') portElement(wiring.end.ref, wiring.end.side)?.focus();
  } else if (event.key === 'Tab' && wiring.mode === 'keyboard') {
    event.preventDefault();
    event.stopPropagation();
    step(event.shiftKey ? -1 : 1);
  }
}

/** Move the focus to the next port that takes the wire. */
function step(by: 1 | -1): void {
  const { wiring, hover } = wiringStore.getState();
  if (!wiring) return;
  const ports = fittingPorts(wiring);
  if (ports.length === 0) return;
  const side = otherSide(wiring.end.side);
  const at = ports.findIndex((ref) => portKey(ref, side) === hover?.anchor);
  const next = ports[(at === -1 ? (by === 1 ? 0 : ports.length - 1) : at + by + ports.length) % ports.length];
  if (!next) return;
  hoverOver({ kind: 'port', ref: next, side });
  canvasApi()?.reveal(next[0], { select: false });
  const focus = (tries: number) => {
    const element = portElement(next, side);
    if (element) {
      element.focus({ preventScroll: true });
      pointerStore.setState({ client: centreOf(element) ?? [0, 0] });
    } else if (tries > 0) requestAnimationFrame(() => focus(tries - 1));
  };
  focus(20);
}
