/** What the plan says of a node, in words that fit its face. */

import { valueWords } from '../document/valueWords';
import { duration } from '../run/format';
import type { ChangedField, ModuleSpec, PlannedNode } from '@/services/types.generated';
import type { NodeRun } from '../run/types';

export type FreshnessKind =
  /** What the shown run made is still good. */
  | 'fresh'
  | 'reuse'
  | 'continue'
  /** It has run, and something that it depends on has changed since. */
  | 'stale'
  | 'run'
  /** It runs every time: asked for, or to look whether its data changed. */
  | 'always';

export interface Freshness {
  readonly kind: FreshnessKind;
  /** A few words: `Reused, saves 3 min`, `Epochs 5 → 8`. */
  readonly short: string;
  /** A whole sentence. */
  readonly long: string;
  /** Why it can't go on from where an earlier run ended, where somebody may hope for that. */
  readonly note?: string;
}

/** How a name of a node or parameter is written for people. */
export interface Names {
  readonly node: (id: string) => string;
  readonly spec?: ModuleSpec | undefined;
}

export function freshnessOf(plan: PlannedNode, shown: NodeRun | undefined, names: Names): Freshness {
  const done = shown?.status === 'completed';
  if (plan.action === 'reuse') {
    const saved = plan.seconds_saved ?? 0;
    if (done) return { kind: 'fresh', short: 'Fresh', long: 'Fresh: nothing it depends on has changed.' };
    return {
      kind: 'reuse',
      short: saved >= 0.5 ? `Reused, saves ${duration(saved)}` : 'Reused',
      long: `Will be reused${saved >= 0.05 ? `, which saves ${duration(saved)}` : ''}: nothing it depends on has changed.`,
    };
  }
  if (plan.action === 'continue') {
    const why = plan.why ?? 'continues where it was';
    return { kind: 'continue', short: sentence(why), long: `${sentence(why)}.` };
  }
  const always = alwaysWords(plan.why);
  if (always !== null) return { kind: 'always', ...always };
  const reason = reasonWords(plan, names);
  const kind = done ? 'stale' : 'run';
  const note = /; (starts from the beginning.*)$/.exec(plan.why ?? '')?.[1];
  return {
    kind,
    short: done ? `Stale: ${reason.short}` : sentence(reason.short),
    long: `${done ? 'Stale' : 'Will run'}: ${reason.long}${note === undefined ? '' : `; ${note}`}.`,
    ...(note !== undefined && { note: `${sentence(note)}.` }),
  };
}

function alwaysWords(why: string | null): { short: string; long: string } | null {
  if (why === 'regenerate output is on')
    return { short: 'Runs every time', long: 'Will run: it is set to run every time.' };
  if (why?.startsWith('always runs') === true)
    return { short: 'Looks at its data each time', long: 'Will run, to see whether its data has changed.' };
  return null;
}

function reasonWords(plan: PlannedNode, names: Names): { short: string; long: string } {
  const why = plan.why ?? 'it has to';
  if (why === 'first run') return { short: 'first run', long: 'it has not run with this before' };
  const follows = /^follows (.+), which runs$/.exec(why)?.[1];
  if (follows !== undefined) {
    const title = names.node(follows);
    return { short: `follows ${title}`, long: `it follows ${title}, which runs` };
  }
  const [first] = plan.changed;
  if (first === undefined) return { short: why, long: why };
  const all = plan.changed.map((change) => changeWords(change, names.spec));
  const more = plan.changed.length > 1 ? ` and ${plan.changed.length - 1} more` : '';
  return { short: `${changeWords(first, names.spec)}${more}`, long: all.join(', ') };
}

/** `Epochs 5 → 8`; what is named by a digest is only said to be other than before. */
export function changeWords(change: ChangedField, spec: ModuleSpec | undefined): string {
  const { title, before, now } = changeOf(change, spec);
  return before === null || now === null ? `${title} changed` : `${title} ${before} → ${now}`;
}

export interface ShownChange {
  readonly title: string;
  /** Null where the values say nothing to a person. */
  readonly before: string | null;
  readonly now: string | null;
}

export function changeOf({ field, before, now }: ChangedField, spec: ModuleSpec | undefined): ShownChange {
  const [, kind, id] = /^(parameter|input|data set|library) (.+)$/.exec(field) ?? [];
  const values = { before: valueWords(before, 'not set'), now: valueWords(now, 'not set') };
  if (kind === 'parameter') {
    const title = spec?.parameters.find((parameter) => parameter.id === id)?.label ?? id ?? field;
    return { title, ...values };
  }
  if (kind === 'input') {
    const title = spec?.inputs.find((port) => port.id === id)?.label ?? id ?? field;
    return { title, before: null, now: null };
  }
  if (kind === 'library') return { title: id ?? field, ...values };
  return { title: sentence(kind ?? field), before: null, now: null };
}

function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
