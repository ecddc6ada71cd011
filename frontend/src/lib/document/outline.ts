/** The graph as a list that can be read out: each node in flow order, its ports, and the wires of each port. */

import { nodeTitle, type ModuleMap } from '../modules/catalog';
import { readingOrder } from './readingOrder';
import { Fit, type WireEnd } from './rules';
import {
  samePort,
  wireId,
  type DocumentContent,
  type DocumentWire,
  type PortRef,
  type PortSide,
} from './types';

export type OutlineRow =
  | {
      readonly kind: 'node';
      readonly key: string;
      readonly level: 1;
      readonly id: string;
      readonly text: string;
      readonly hasPorts: boolean;
    }
  | {
      readonly kind: 'port';
      readonly key: string;
      readonly level: 2;
      readonly ref: PortRef;
      readonly side: PortSide;
      readonly text: string;
      readonly type: string;
      readonly optional: boolean;
      readonly wired: boolean;
    }
  | {
      readonly kind: 'wire';
      readonly key: string;
      readonly level: 3;
      readonly wire: DocumentWire;
      /** The node at the other end. */
      readonly other: string;
      readonly text: string;
    };

type Content = Pick<DocumentContent, 'nodes' | 'order' | 'wires'>;

/** The rows that show, given which nodes are unfolded. */
export function outlineRows(
  content: Content,
  modules: ModuleMap,
  isOpen: (nodeId: string) => boolean,
): OutlineRow[] {
  return readingOrder(content).flatMap((id): OutlineRow[] => {
    const node = content.nodes[id];
    if (!node) return [];
    const spec = modules.get(node.module);
    const ports = [
      ...(spec?.inputs ?? []).map((port) => ({
        id: port.id,
        side: 'input' as const,
        label: port.label,
        type: port.types.join(' or '),
        optional: port.optional,
      })),
      ...(spec?.outputs ?? []).map((port) => ({
        id: port.id,
        side: 'output' as const,
        label: port.label,
        type: port.type,
        optional: false,
      })),
    ];
    const own: OutlineRow = {
      kind: 'node',
      key: id,
      level: 1,
      id,
      text: nodeTitle(node, modules),
      hasPorts: ports.length > 0,
    };
    if (!isOpen(id)) return [own];
    return [
      own,
      ...ports.flatMap(({ id: portId, side, label, type, optional }): OutlineRow[] => {
        const ref: PortRef = [id, portId];
        const wires = content.wires.filter((wire) => samePort(side === 'input' ? wire.to : wire.from, ref));
        return [
          {
            kind: 'port',
            key: `${id}:${side}:${portId}`,
            level: 2,
            ref,
            side,
            text: label,
            type,
            optional,
            wired: wires.length > 0,
          },
          ...wires.map((wire): OutlineRow => {
            const [other, otherPort] = side === 'input' ? wire.from : wire.to;
            return {
              kind: 'wire',
              key: `${side}:${wireId(wire)}`,
              level: 3,
              wire,
              other,
              text: `${side === 'input' ? 'from' : 'to'} ${portName(content, modules, [other, otherPort], side === 'input' ? 'output' : 'input')}`,
            };
          }),
        ];
      }),
    ];
  });
}

export interface JoinTarget {
  readonly ref: PortRef;
  readonly text: string;
  /** The wire that would go. */
  readonly replaces: DocumentWire | undefined;
}

/** Every port that a wire from `end` may go to, in flow order. */
export function joinTargets(content: Content, modules: ModuleMap, end: WireEnd): JoinTarget[] {
  const fit = new Fit(content, modules, end);
  const side: PortSide = end.side === 'output' ? 'input' : 'output';
  return readingOrder(content).flatMap((id) => {
    const spec = modules.get(content.nodes[id]?.module ?? '');
    const ports: readonly { id: string }[] = (side === 'input' ? spec?.inputs : spec?.outputs) ?? [];
    return ports.flatMap((port): JoinTarget[] => {
      const ref: PortRef = [id, port.id];
      const verdict = fit.judge(ref, side);
      return verdict.ok
        ? [{ ref, text: portName(content, modules, ref, side), replaces: verdict.replaces }]
        : [];
    });
  });
}

/** A port as it is said: the node, then the port. */
export function portName(content: Content, modules: ModuleMap, ref: PortRef, side: PortSide): string {
  const node = content.nodes[ref[0]];
  const spec = modules.get(node?.module ?? '');
  const ports: readonly { id: string; label: string }[] =
    (side === 'input' ? spec?.inputs : spec?.outputs) ?? [];
  const label = ports.find((port) => port.id === ref[1])?.label ?? ref[1];
  return `${node ? nodeTitle(node, modules) : ref[0]}, ${label}`;
}
