import { portKey, type DocumentWire, type PortRef } from './types';

interface WireIndex {
  /** The wire into an input, by port key. */
  readonly into: ReadonlyMap<string, DocumentWire>;
  /** Port keys of the outputs that have wires. */
  readonly used: ReadonlySet<string>;
}

const indexes = new WeakMap<readonly DocumentWire[], WireIndex>();

/** Wires by port. Made once for each list of wires, so that a thousand ports may ask. */
export function wireIndex(wires: readonly DocumentWire[]): WireIndex {
  let index = indexes.get(wires);
  if (!index) {
    index = {
      into: new Map(wires.map((wire) => [portKey(wire.to, 'input'), wire])),
      used: new Set(wires.map((wire) => portKey(wire.from, 'output'))),
    };
    indexes.set(wires, index);
  }
  return index;
}

export function wireInto(wires: readonly DocumentWire[], ref: PortRef): DocumentWire | undefined {
  return wireIndex(wires).into.get(portKey(ref, 'input'));
}
