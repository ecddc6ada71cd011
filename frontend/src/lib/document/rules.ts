/** Which wires may be: an output joins an input that lists its type, and no wire closes a loop. */

import {
  samePort,
  type DocumentNode,
  type DocumentWire,
  type Graph,
  type PortRef,
  type PortSide,
} from './types';
import { nodeTitle, type ModuleMap } from '../modules/catalog';
import type { InputPortSpec, ModuleSpec, OutputPortSpec } from '@/services/types.generated';

export type Verdict =
  { readonly ok: true; readonly replaces?: DocumentWire } | { readonly ok: false; readonly reason: string };

/** A port that a wire is being drawn from. */
export interface WireEnd {
  readonly ref: PortRef;
  readonly side: PortSide;
}

/** Whether a wire may run from the output `from` to the input `to`; if not, why, in a sentence. */
export function canConnect(graph: Graph, modules: ModuleMap, from: PortRef, to: PortRef): Verdict {
  const target = graph.nodes[to[0]];
  const loops = reachable(graph.wires, from[0], 'upstream').has(to[0]);
  return judge(graph, modules, from, to, loops ? target : undefined);
}

/** What each port on the other side says to a wire drawn from `end`, keyed by node and port id. */
export class Fit {
  private readonly blocked: ReadonlySet<string>;

  constructor(
    private readonly graph: Graph,
    private readonly modules: ModuleMap,
    readonly end: WireEnd,
  ) {
    this.blocked = reachable(graph.wires, end.ref[0], end.side === 'output' ? 'upstream' : 'downstream');
  }

  /** Judge one port; the side tells which of a node's two lists it belongs to. */
  judge(ref: PortRef, side: PortSide): Verdict {
    if (samePort(ref, this.end.ref) && side === this.end.side) {
      return refuse("Drag to another node's port to join them.");
    }
    if (side === this.end.side) {
      return refuse(
        side === 'output'
          ? 'An output connects to an input, not to another output.'
          : 'An input takes its wire from an output, not from another input.',
      );
    }
    const [from, to] = this.end.side === 'output' ? [this.end.ref, ref] : [ref, this.end.ref];
    const loopThrough = this.blocked.has(ref[0]) ? this.graph.nodes[ref[0]] : undefined;
    return judge(this.graph, this.modules, from, to, loopThrough);
  }

  /** Every fitting port of a node, free inputs first, each in declared order. */
  portsOf(node: DocumentNode): PortRef[] {
    const spec = this.modules.get(node.module);
    if (!spec) return [];
    const side: PortSide = this.end.side === 'output' ? 'input' : 'output';
    const ports: readonly { readonly id: string }[] = side === 'input' ? spec.inputs : spec.outputs;
    const fitting = ports
      .map((port): PortRef => [node.id, port.id])
      .filter((ref) => this.judge(ref, side).ok);
    if (side === 'output') return fitting;
    const occupied = (ref: PortRef) => this.graph.wires.some((wire) => samePort(wire.to, ref));
    return [...fitting.filter((ref) => !occupied(ref)), ...fitting.filter(occupied)];
  }

  /** Why nothing on this node fits, in a sentence. */
  refusalOf(node: DocumentNode): string {
    const title = nodeTitle(node, this.modules);
    if (node.id === this.end.ref[0]) return `${title} can't feed itself.`;
    const spec = this.modules.get(node.module);
    if (!spec) return missing(node);
    const side: PortSide = this.end.side === 'output' ? 'input' : 'output';
    const ports: readonly { readonly id: string }[] = side === 'input' ? spec.inputs : spec.outputs;
    if (ports.length === 0) return `${title} has no ${side}s.`;
    if (ports.length === 1 || this.blocked.has(node.id)) {
      const first = ports[0];
      const verdict = first ? this.judge([node.id, first.id], side) : undefined;
      if (verdict && !verdict.ok) return verdict.reason;
    }
    const own = this.modules.get(this.graph.nodes[this.end.ref[0]]?.module ?? '');
    const type = own && typeOfEnd(own, this.end);
    return type
      ? `Nothing on ${title} ${side === 'input' ? 'takes' : 'gives'} ${type}.`
      : `Nothing on ${title} fits.`;
  }
}

/** Whether a module that isn't on the canvas yet has a port for a wire drawn from `end`; its id, or undefined. */
export function fittingPort(
  graph: Graph,
  modules: ModuleMap,
  end: WireEnd,
  spec: ModuleSpec,
): string | undefined {
  const own = modules.get(graph.nodes[end.ref[0]]?.module ?? '');
  if (!own) return undefined;
  if (end.side === 'output') {
    const type = own.outputs.find((port) => port.id === end.ref[1])?.type;
    return spec.inputs.find((port) => type !== undefined && port.types.includes(type))?.id;
  }
  const types = own.inputs.find((port) => port.id === end.ref[1])?.types ?? [];
  return spec.outputs.find((port) => types.includes(port.type))?.id;
}

/** The nodes that `start` depends on, or that depend on it, itself included. */
export function reachable(
  wires: readonly DocumentWire[],
  start: string,
  direction: 'upstream' | 'downstream',
): ReadonlySet<string> {
  const next = new Map<string, string[]>();
  for (const wire of wires) {
    const [at, towards] =
      direction === 'downstream' ? [wire.from[0], wire.to[0]] : [wire.to[0], wire.from[0]];
    const list = next.get(at);
    if (list) list.push(towards);
    else next.set(at, [towards]);
  }
  const seen = new Set([start]);
  const waiting = [start];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const node of next.get(at) ?? []) {
      if (!seen.has(node)) {
        seen.add(node);
        waiting.push(node);
      }
    }
  }
  return seen;
}

function judge(
  graph: Graph,
  modules: ModuleMap,
  from: PortRef,
  to: PortRef,
  loopThrough: DocumentNode | undefined,
): Verdict {
  const source = graph.nodes[from[0]];
  const target = graph.nodes[to[0]];
  if (!source || !target) return refuse('That node is no longer there.');
  const output = findPort(modules, source, 'output', from[1]);
  if (typeof output === 'string') return refuse(output);
  const input = findPort(modules, target, 'input', to[1]);
  if (typeof input === 'string') return refuse(input);
  if (source.id === target.id) return refuse(`${nodeTitle(source, modules)} can't feed itself.`);
  if (!input.types.includes(output.type)) {
    const takes = input.types.map(withArticle).join(' or ');
    return refuse(
      `${nodeTitle(target, modules)}'s '${input.label}' takes ${takes}, not ${withArticle(output.type)}.`,
    );
  }
  if (loopThrough) return refuse(`This wire would close a loop through ${nodeTitle(loopThrough, modules)}.`);
  const present = graph.wires.find((wire) => samePort(wire.to, to));
  if (present && samePort(present.from, from)) return refuse('These two ports are already joined.');
  return present ? { ok: true, replaces: present } : { ok: true };
}

function refuse(reason: string): Verdict {
  return { ok: false, reason };
}

function missing(node: DocumentNode): string {
  return `The module '${node.module}' isn't installed, so its ports are unknown.`;
}

function findPort(
  modules: ModuleMap,
  node: DocumentNode,
  side: 'output',
  portId: string,
): OutputPortSpec | string;
function findPort(
  modules: ModuleMap,
  node: DocumentNode,
  side: 'input',
  portId: string,
): InputPortSpec | string;
function findPort(
  modules: ModuleMap,
  node: DocumentNode,
  side: PortSide,
  portId: string,
): OutputPortSpec | InputPortSpec | string {
  const spec = modules.get(node.module);
  if (!spec) return missing(node);
  const port = (side === 'output' ? spec.outputs : spec.inputs).find((candidate) => candidate.id === portId);
  return port ?? `${nodeTitle(node, modules)} has no ${side} '${portId}'.`;
}

function typeOfEnd(spec: ModuleSpec, end: WireEnd): string | undefined {
  if (end.side === 'output') {
    const type = spec.outputs.find((port) => port.id === end.ref[1])?.type;
    return type && withArticle(type);
  }
  return spec.inputs
    .find((port) => port.id === end.ref[1])
    ?.types.map(withArticle)
    .join(' or ');
}

function withArticle(type: string): string {
  return `${/^([aeio]|un[^i])/i.test(type) ? 'an' : 'a'} ${type}`;
}
