import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { catalogStore } from '../modules/catalog';
import { contentOf, documentStore, redoLabel, undoLabel } from './documentStore';
import { BURST_MS } from './history';
import { CATALOG, chain, document, node, wire } from './testing';
import { wireId } from './types';

const store = () => documentStore.getState();

beforeEach(() => {
  vi.useFakeTimers();
  catalogStore.getState().load(CATALOG);
  store().load({ id: 'p', revision: 3, document: chain() });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('editing', () => {
  it('gives back the document it loaded', () => {
    expect(store().toDocument()).toEqual(chain());
  });

  it('adds nodes with readable ids that are never used twice', () => {
    const first = store().addNode('train', [10.4, 20.6]);
    expect(first).toBe('train-2');
    expect(store().nodes[first]?.position).toEqual([10, 21]);
    store().removeNodes([first]);
    expect(store().addNode('train', [0, 0])).toBe('train-3');
  });

  it('adds and joins a node in one step', () => {
    const id = store().addNode('split', [0, 0], { join: { from: ['a', 'second'], toPort: 'images' } });
    expect(store().wires).toContainEqual({ from: ['a', 'second'], to: [id, 'images'] });
    store().undo();
    expect(store().toDocument()).toEqual(chain());
  });

  it('replaces the wire of an occupied input', () => {
    expect(store().connect(['a', 'second'], ['b', 'images']).ok).toBe(true);
    expect(store().wires.filter((one) => one.to[0] === 'b')).toEqual([wire('a.second', 'b.images')]);
  });

  it('leaves everything as it was when a wire is refused', () => {
    const before = contentOf(store());
    expect(store().connect(['b', 'first'], ['a', 'images']).ok).toBe(false);
    expect(contentOf(store())).toEqual(before);
    expect(store().changes).toBe(0);
  });

  it('moves the end of a wire in one step', () => {
    const moved = wire('a.first', 'b.images');
    expect(store().reroute(moved, ['a', 'first'], ['train', 'training_dataset'])).toEqual({ ok: true });
    expect(store().wires).not.toContainEqual(moved);
    expect(store().wires).toContainEqual(wire('a.first', 'train.training_dataset'));
    store().undo();
    expect(store().wires).toContainEqual(moved);
  });

  it('deletes nodes with their wires, and selected wires with them', () => {
    store().select(['b'], [wireId(wire('data.dataset', 'convert.input_dataset'))]);
    store().removeSelection();
    expect(store().wires).toEqual([wire('convert.images', 'a.images')]);
    expect(store().selection.size).toBe(0);
    store().undo();
    expect(store().toDocument()).toEqual(chain());
  });

  it('keeps no parameter that equals its default', () => {
    store().setParameter('train', 'epochs', 9);
    expect(store().nodes.train?.parameters).toEqual({ epochs: 9 });
    store().setParameter('train', 'epochs', 5);
    expect(store().nodes.train?.parameters).toEqual({});
  });

  it('changes only the node that is edited', () => {
    const { nodes } = store();
    store().setParameter('train', 'epochs', 9);
    expect(store().nodes.a).toBe(nodes.a);
    expect(store().nodes.train).not.toBe(nodes.train);
  });

  it('duplicates nodes with the wires between them, and on request those into them', () => {
    store().select(['a', 'b']);
    const [a, b] = store().duplicate();
    expect(store().wires).toContainEqual({ from: [a, 'first'], to: [b, 'images'] });
    expect(store().wires.some((one) => one.to[0] === a)).toBe(false);
    store().select(['a']);
    const [again] = store().duplicate({ withInputs: true });
    expect(store().wires).toContainEqual({ from: ['convert', 'images'], to: [again, 'images'] });
  });
});

describe('undo', () => {
  it('covers parameters, wires, names, layout, paste and clearing', () => {
    const edits: [string, () => void][] = [
      ['Set Epochs of Train PyTorch Model', () => store().setParameter('train', 'epochs', 9)],
      [
        'Join Split B to Train PyTorch Model',
        () => store().connect(['b', 'first'], ['train', 'training_dataset']),
      ],
      ['Rename Split A', () => store().setLabel('a', 'First split')],
      ['Comment on Split B', () => store().setComment('b', 'Why?')],
      ['Tidy the layout', () => store().applyLayout(new Map([['a', [5, 5]]]))],
      ['Paste a node', () => store().paste({ nodes: [node('a', 'split')], wires: [], annotations: [] })],
      ['Rename the pipeline', () => store().setName('Other')],
      ['Set the compute target of Split B', () => store().setComputeTarget('b', 'cuda:0')],
      ['Clear the canvas', () => store().replace(document([]), 'Clear the canvas')],
    ];
    for (const [, edit] of edits) edit();
    const labels = store().history.entries.map((entry) => entry.label);
    expect(labels.slice(1)).toEqual(edits.map(([label]) => label));
    for (let left = edits.length; left > 0; left -= 1) store().undo();
    expect(store().toDocument()).toEqual(chain());
    for (let left = edits.length; left > 0; left -= 1) store().redo();
    expect(store().order).toEqual([]);
  });

  it('takes a burst of typing in one field as one step', () => {
    for (const label of ['S', 'Sp', 'Spl']) {
      store().setLabel('a', label);
      vi.advanceTimersByTime(BURST_MS / 2);
    }
    expect(store().history.entries).toHaveLength(2);
    store().undo();
    expect(store().nodes.a?.label).toBe('Split A');
  });

  it('starts a new step after a pause, in another field, and after the field was left', () => {
    store().setParameter('train', 'epochs', 6);
    vi.advanceTimersByTime(BURST_MS);
    store().setParameter('train', 'epochs', 7);
    store().setParameter('train', 'batch_size', 8);
    store().endBurst();
    store().setParameter('train', 'batch_size', 9);
    expect(store().history.entries).toHaveLength(5);
  });

  it('keeps a burst apart from the step before an undo', () => {
    store().setParameter('train', 'epochs', 6);
    store().undo();
    store().setParameter('train', 'epochs', 7);
    store().undo();
    expect(store().nodes.train?.parameters).toEqual({});
  });

  it('takes a held arrow key as one step', () => {
    store().select(['a', 'b']);
    for (let n = 0; n < 5; n += 1) store().nudge(10, 0);
    expect(store().nodes.b?.position).toEqual([50, 300]);
    store().undo();
    expect(store().nodes.b?.position).toEqual([0, 300]);
  });

  it('skips selection', () => {
    store().select(['a']);
    expect(store().history.entries).toHaveLength(1);
    expect(store().changes).toBe(0);
  });

  it('jumps anywhere in the list and names what undo and redo would do', () => {
    store().setLabel('a', 'x');
    store().setComment('a', 'y');
    store().jumpTo(0);
    expect(undoLabel(store())).toBeUndefined();
    expect(redoLabel(store())).toBe('Rename Split A');
    store().jumpTo(2);
    expect(undoLabel(store())).toBe('Comment on x');
    expect(store().nodes.a?.comment).toBe('y');
  });

  it('drops from the selection what an undo takes away', () => {
    store().addNode('split', [0, 0]);
    store().undo();
    expect(store().selection.size).toBe(0);
  });

  it('brings back what was selected before a step that changed it, and after', () => {
    store().select(['a', 'b']);
    const copies = store().duplicate();
    store().select(['train']);
    store().undo();
    expect([...store().selection]).toEqual(['a', 'b']);
    store().clearSelection();
    store().redo();
    expect([...store().selection]).toEqual(copies);

    store().select(['a'], [wireId(wire('data.dataset', 'convert.input_dataset'))]);
    store().removeSelection();
    store().setName('Other');
    store().jumpTo(store().history.cursor - 2);
    expect([...store().selection]).toEqual(['a']);
    expect(store().selectedWires.size).toBe(1);
  });

  it('leaves the selection as it is where a step did not change it', () => {
    store().select(['a']);
    store().setLabel('a', 'x');
    store().select(['b']);
    store().undo();
    expect([...store().selection]).toEqual(['b']);
  });

  it('joins a batch of edits into one step, and records none that changed nothing', () => {
    store().batch('Both', () => {
      store().setLabel('a', 'x');
      store().setLabel('b', 'y');
    });
    store().batch('Nothing', () => undefined);
    expect(store().history.entries.map((entry) => entry.label)).toEqual(['Opened', 'Both']);
    store().undo();
    expect(store().nodes.b?.label).toBe('Split B');
  });
});

it('counts edits, undo included, for autosave', () => {
  store().setLabel('a', 'x');
  store().undo();
  expect(store().changes).toBe(2);
});

describe('looking at the document of a run', () => {
  it('changes nothing of the draft, whatever is tried, and gives it back with its history', () => {
    store().setParameter('a', 'fraction', 0.25);
    store().select(['a']);
    const draft = store().toDocument();
    const { changes, history } = store();

    store().view('run', document([node('other', 'split')]));
    expect(Object.keys(store().nodes)).toEqual(['other']);
    store().setParameter('other', 'fraction', 0.5);
    store().removeNodes(['other']);
    store().addNode('train', [0, 0]);
    store().undo();
    expect(Object.keys(store().nodes)).toEqual(['other']);
    expect(store().selection.size).toBe(0);
    expect(store().toDocument()).toEqual(draft);
    expect(store().changes).toBe(changes);

    store().endView();
    expect(store().toDocument()).toEqual(draft);
    expect(store().history).toBe(history);
    expect([...store().selection]).toEqual(['a']);
    store().undo();
    expect(store().toDocument()).toEqual(chain());
  });

  it('is over when another draft is opened', () => {
    store().view('run', document([node('other', 'split')]));
    store().load({ id: 'q', revision: 1, document: chain() });
    expect(store().viewing).toBeNull();
    expect(store().toDocument()).toEqual(chain());
  });
});
