import { useEffect } from 'react';
import { fieldId } from '@/features/parameters/fieldId';
import { revealNode } from '@/lib/canvas/canvasApi';
import { documentStore } from '@/lib/document/documentStore';
import { faultStore, type Fault } from '@/lib/document/faultStore';
import { portKey } from '@/lib/document/types';
import { useLayout } from './layout';

const MOST_FRAMES = 30;

/** Whenever a fault is led to: select its node, bring it into view, and put the focus on the field or port. */
export function useFaultLead(): void {
  useEffect(
    () =>
      faultStore.subscribe((now, before) => {
        if (now.leads === before.leads || now.current === null) return;
        const fault = now.faults[now.current];
        if (fault) leadTo(fault);
      }),
    [],
  );
}

function leadTo(fault: Fault): void {
  if (fault.node === undefined) {
    // It is about the pipeline itself, whose settings are shown while nothing is selected.
    documentStore.getState().clearSelection();
    useLayout.getState().set({ inspectorOpen: true });
    return;
  }
  const ofParameter = fault.parameter !== undefined;
  useLayout.getState().set({
    inspectorOpen: true,
    inspectorTab: 'parameters',
    ...(ofParameter && { sheetOpen: true }),
  });
  revealNode(fault.node, { select: true, focus: !ofParameter && fault.port === undefined });
  const target = targetOf(fault);
  if (target) focusWhenThere(target);
}

function targetOf(fault: Fault): (() => HTMLElement | null) | null {
  const { node, parameter, port } = fault;
  if (node === undefined) return null;
  if (parameter !== undefined) return () => document.getElementById(fieldId(node, parameter));
  if (port === undefined) return null;
  return () => findPort(portKey([node, port], 'input')) ?? findPort(portKey([node, port], 'output'));
}

function findPort(key: string): HTMLElement | null {
  return document.querySelector<HTMLElement>(`[data-port="${CSS.escape(key)}"]`);
}

/** The panel may still be on its way to the page. */
export function focusWhenThere(find: () => HTMLElement | null, frames = MOST_FRAMES): void {
  const element = find();
  if (element) {
    element.focus({ preventScroll: false });
    element.scrollIntoView({ block: 'center', behavior: 'smooth' });
  } else if (frames > 0) {
    requestAnimationFrame(() => focusWhenThere(find, frames - 1));
  }
}
