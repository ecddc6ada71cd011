/** Remarks acted on: a fix done in the draft, or a Submit held back by an error. */

import { announce } from '../announce';
import { documentStore } from '../document/documentStore';
import type { Fault } from '../document/faultStore';
import { factsStore, type Remark } from './factsStore';

/** Do what a remark offers, as one step of undo. */
export function applyFix({ fix }: Remark): void {
  if (fix === undefined) return;
  const { batch, endBurst, setParameter } = documentStore.getState();
  endBurst();
  batch(fix.text, () => {
    for (const { node, parameter, value } of fix.changes) setParameter(node, parameter, value);
  });
  announce(`${fix.text}: done. Undo takes it back.`);
}

/** Whether every node that a fix changes is there. */
export function canFix({ fix }: Remark, nodes: Readonly<Record<string, unknown>>): boolean {
  return fix?.changes.every(({ node }) => nodes[node] !== undefined) ?? false;
}

/** The server refuses to run a pipeline with this, and says so itself: submitting again would not help. */
const REFUSED = 'no-data-set';

let told = '';

/**
 * The errors that a run of the document as it is would end with, as faults; empty when none is known, and when the same
 * ones were told the last time: whoever submits again means it.
 */
export function heldBack(): readonly Fault[] {
  const { status, remarks } = factsStore.getState();
  if (status !== 'ready') return [];
  const faults = Object.values(remarks)
    .flat()
    .filter(({ severity, code }) => severity === 'error' && code !== REFUSED)
    .map(asFault);
  const telling = JSON.stringify(faults);
  if (faults.length === 0 || telling === told) {
    told = '';
    return [];
  }
  told = telling;
  return faults;
}

function asFault({ node, code, text, port, parameter }: Remark): Fault {
  return {
    code,
    name: 'Remark',
    message: text,
    node,
    ...(port !== undefined && { port }),
    ...(parameter !== undefined && { parameter }),
    hint: 'Submit again to run it all the same.',
  };
}
