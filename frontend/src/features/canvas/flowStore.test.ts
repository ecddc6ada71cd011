import { beforeEach, afterEach, describe, expect, it, vi } from 'vitest';
import { documentStore } from '@/lib/document/documentStore';
import { CATALOG, chain } from '@/lib/document/testing';
import { catalogStore } from '@/lib/modules/catalog';
import { commitMoves, flowStore, followDocument, onEdgesChange, onNodesChange } from './flowStore';

const flow = () => flowStore.getState();
const drawn = (id: string) => flow().nodes.find((node) => node.id === id);
let stop: () => void;

beforeEach(() => {
  catalogStore.getState().load(CATALOG);
  documentStore.getState().load({ id: 'p', revision: 1, document: chain() });
  stop = followDocument();
});

afterEach(() => stop());

it('draws every node once, after what feeds it, and every wire', () => {
  expect(flow().nodes.map((node) => node.id)).toEqual(['data', 'densenet', 'train', 'convert', 'a', 'b']);
  expect(flow().edges).toHaveLength(3);
});

describe('what stays the same', () => {
  it('is everything when a parameter changes', () => {
    const before = flow();
    documentStore.getState().setParameter('train', 'epochs', 9);
    expect(flow()).toBe(before);
  });

  it('is every other node when one is selected', () => {
    const before = flow().nodes;
    documentStore.getState().select(['a']);
    expect(
      flow()
        .nodes.filter((node, index) => node !== before[index])
        .map((node) => node.id),
    ).toEqual(['a']);
  });

  it('is every other node, and the document, while one is dragged', () => {
    const before = flow().nodes;
    const { nodes } = documentStore.getState();
    onNodesChange([{ type: 'position', id: 'b', position: { x: 7, y: 8 }, dragging: true }]);
    expect(
      flow()
        .nodes.filter((node, index) => node !== before[index])
        .map((node) => node.id),
    ).toEqual(['b']);
    expect(documentStore.getState().nodes).toBe(nodes);
  });
});

it('takes a drag into the document as one step', () => {
  for (const x of [1, 5, 9]) {
    onNodesChange([{ type: 'position', id: 'b', position: { x, y: 300 }, dragging: true }]);
  }
  onNodesChange([{ type: 'position', id: 'b', position: { x: 9, y: 300 }, dragging: false }]);
  commitMoves([{ id: 'b', position: { x: 9, y: 300 } }]);
  expect(documentStore.getState().history.entries.map((entry) => entry.label)).toEqual([
    'Opened',
    'Move Split B',
  ]);
});

it('selects in the document what is selected on the canvas', () => {
  onNodesChange([{ type: 'select', id: 'a', selected: true }]);
  onEdgesChange([{ type: 'select', id: flow().edges[0]?.id ?? '', selected: true }]);
  expect([...documentStore.getState().selection]).toEqual(['a']);
  expect(documentStore.getState().selectedWires.size).toBe(1);
});

it('glides to where an undo puts a node, and ends exactly there', () => {
  vi.useFakeTimers({ toFake: ['requestAnimationFrame', 'cancelAnimationFrame', 'performance'] });
  documentStore.getState().moveNodes(new Map([['b', [500, 500]]]));
  documentStore.getState().undo();
  expect(drawn('b')?.position).toEqual({ x: 500, y: 500 });
  vi.advanceTimersByTime(100);
  expect(drawn('b')?.position.x).toBeGreaterThan(0);
  expect(drawn('b')?.position.x).toBeLessThan(500);
  vi.advanceTimersByTime(400);
  expect(drawn('b')?.position).toEqual({ x: 0, y: 300 });
  vi.useRealTimers();
});
