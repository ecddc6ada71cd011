import { beforeEach, describe, expect, it } from 'vitest';
import { catalogStore } from '../modules/catalog';
import { documentStore } from './documentStore';
import { CATALOG, chain, wire } from './testing';
import { wireId } from './types';

const store = () => documentStore.getState();
const wires = () => store().wires.map(wireId);
const labels = () => store().history.entries.map((entry) => entry.label);

beforeEach(() => {
  catalogStore.getState().load(CATALOG);
  store().load({ id: 'p', revision: 1, document: chain() });
});

describe('inserting into a wire', () => {
  it('leads the wire through a new node, as one step', () => {
    const id = store().addNode('split', [0, 250], { onWire: wire('a.first', 'b.images') });
    expect(wires()).toContain(`a:first->${id}:images`);
    expect(wires()).toContain(`${id}:first->b:images`);
    expect(wires()).not.toContain('a:first->b:images');
    expect(labels()).toEqual(['Opened', 'Insert Split Image Directory']);
    store().undo();
    expect(wires()).toContain('a:first->b:images');
  });

  it('leads it through a node that is there already, and moves that', () => {
    const id = store().addNode('split', [900, 900]);
    expect(store().insertIntoWire(id, wire('a.first', 'b.images'), [10, 250])).toBe(true);
    expect(store().nodes[id]?.position).toEqual([10, 250]);
    expect(wires()).toContain(`a:first->${id}:images`);
  });

  it('leaves the wire alone where the types do not fit', () => {
    const id = store().addNode('densenet', [0, 0], { onWire: wire('a.first', 'b.images') });
    expect(wires()).toContain('a:first->b:images');
    expect(store().insertIntoWire(id, wire('a.first', 'b.images'), [10, 250])).toBe(false);
  });
});

describe('healing', () => {
  it('joins what fed a deleted node to what it fed, as one step', () => {
    store().removeNodes(['a'], { heal: true });
    expect(wires()).toContain('convert:images->b:images');
    expect(labels().at(-1)).toBe('Delete Split A and join the rest');
    store().undo();
    expect(wires()).toContain('convert:images->a:images');
  });

  it('bridges several nodes in a row', () => {
    store().connect(['b', 'first'], ['train', 'training_dataset']);
    store().removeNodes(['a', 'b'], { heal: true });
    expect(wires()).toContain('convert:images->train:training_dataset');
  });

  it('joins nothing whose types do not fit', () => {
    store().removeNodes(['convert'], { heal: true });
    expect(wires()).toEqual(['a:first->b:images']);
  });
});
