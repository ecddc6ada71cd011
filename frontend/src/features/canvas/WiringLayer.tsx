import { useReactFlow, useStore as useFlowState, useStoreApi } from '@xyflow/react';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useStore } from 'zustand';
import type { PortSide, Point } from '@/lib/document/types';
import { centreOf, followAgain, portElement } from './wireGesture';
import { pathBetween } from './wirePath';
import { dismissRefusal, otherSide, pointerStore, useWiring, type Wiring } from './wiring';
import { InViewport } from './InViewport';
import styles from './WiringLayer.module.css';

/** The wire that is being drawn, and the words at a port that refuses it. */
export function WiringLayer() {
  const wiring = useWiring((state) => state.wiring);
  return (
    <>
      {wiring && <LooseWire wiring={wiring} />}
      <RefusalWords />
    </>
  );
}

function LooseWire({ wiring }: { wiring: Wiring }) {
  const { screenToFlowPosition } = useReactFlow();
  const client = useStore(pointerStore, (state) => state.client);
  const hover = useWiring((state) => state.hover);
  const fixed = usePortCentre(wiring.end.ref, wiring.end.side);
  useEdgePan(wiring.mode !== 'keyboard');
  useReadableLabels();
  const toFlow = ([x, y]: Point): Point => {
    const at = screenToFlowPosition({ x, y });
    return [at.x, at.y];
  };
  const snapped = hover?.ref ? centreOf(portElement(hover.ref, otherSide(wiring.end.side))) : null;
  const loose = toFlow(snapped ?? client);
  const [from, to] = wiring.end.side === 'output' ? [fixed, loose] : [loose, fixed];
  return (
    <InViewport>
      <svg className={styles.loose} data-refused={(hover && !hover.verdict.ok) || undefined} aria-hidden>
        <path d={pathBetween(from, to)} />
        <circle cx={loose[0]} cy={loose[1]} r={4} />
      </svg>
    </InViewport>
  );
}

/** Where a port lies on the canvas. It stays known when the port scrolls out of view and is no longer drawn. */
function usePortCentre(ref: Wiring['end']['ref'], side: PortSide): Point {
  const { screenToFlowPosition } = useReactFlow();
  const [centre] = useState<Point>(() => {
    const [x, y] = centreOf(portElement(ref, side)) ?? pointerStore.getState().client;
    const at = screenToFlowPosition({ x, y });
    return [at.x, at.y];
  });
  return centre;
}

/** Port names keep their size on a canvas that is zoomed out. */
function useReadableLabels(): void {
  const zoom = useFlowState((state) => state.transform[2]);
  const store = useStoreApi();
  useLayoutEffect(() => {
    const { domNode } = store.getState();
    domNode?.style.setProperty('--unzoom', String(Math.max(1, 1 / zoom)));
    return () => {
      domNode?.style.removeProperty('--unzoom');
    };
  }, [zoom, store]);
}

const PAN_MARGIN = 36;
const PAN_SPEED = 12;

/** While a wire is held near the edge of the canvas, the canvas moves on. */
function useEdgePan(active: boolean): void {
  const store = useStoreApi();
  useEffect(() => {
    if (!active) return;
    let frame = 0;
    const began = pointerStore.getState().client;
    const step = () => {
      frame = requestAnimationFrame(step);
      const { domNode, panBy } = store.getState();
      const box = domNode?.getBoundingClientRect();
      const { client } = pointerStore.getState();
      if (!box || client === began) return;
      const x = pull(client[0], box.left, box.right);
      const y = pull(client[1], box.top, box.bottom);
      if (x === 0 && y === 0) return;
      void panBy({ x, y }).then((moved) => {
        if (moved) followAgain();
      });
    };
    frame = requestAnimationFrame(step);
    return () => {
      cancelAnimationFrame(frame);
    };
  }, [active, store]);
}

function pull(at: number, low: number, high: number): number {
  if (at < low - 200 || at > high + 200) return 0;
  if (at < low + PAN_MARGIN) return PAN_SPEED * Math.min(1, (low + PAN_MARGIN - at) / PAN_MARGIN);
  if (at > high - PAN_MARGIN) return -PAN_SPEED * Math.min(1, (at - high + PAN_MARGIN) / PAN_MARGIN);
  return 0;
}

/** Why a wire is refused, in words, at the port: while it is held there, and for a while after it was let go. */
function RefusalWords() {
  const hover = useWiring((state) => state.hover);
  const refusal = useWiring((state) => state.refusal);
  const held = hover && !hover.verdict.ok ? { anchor: hover.anchor, reason: hover.verdict.reason } : null;
  const shown = held ?? refusal;
  const bubble = useRef<HTMLDivElement>(null);
  const store = useStoreApi();
  useLayoutEffect(() => {
    const element = bubble.current;
    if (!element || !shown) return;
    const place = () => {
      const anchor = anchorOf(shown.anchor);
      const box = store.getState().domNode?.getBoundingClientRect();
      if (!anchor || !box) return;
      const at = anchor.getBoundingClientRect();
      const below = shown.anchor.includes(':output:');
      const half = element.offsetWidth / 2;
      const middle = at.left + at.width / 2 - box.left;
      element.style.left = `${Math.max(half + 8, Math.min(box.width - half - 8, middle))}px`;
      element.style.top = below
        ? `${at.bottom - box.top + 8}px`
        : `${at.top - box.top - 8 - element.offsetHeight}px`;
    };
    place();
    return store.subscribe(place);
  }, [shown, store]);
  useEffect(() => {
    if (!refusal) return;
    addEventListener('pointerdown', dismissRefusal, { once: true });
    return () => {
      removeEventListener('pointerdown', dismissRefusal);
    };
  }, [refusal]);
  if (!shown) return null;
  return (
    <div ref={bubble} className={styles.words} data-overlay data-refusal>
      {shown.reason}
    </div>
  );
}

function anchorOf(anchor: string): Element | null {
  const name = CSS.escape(anchor);
  return document.querySelector(`[data-port="${name}"], [data-node-id="${name}"]`);
}
