// @vitest-environment jsdom
import { beforeEach, afterEach, describe, expect, it, vi } from 'vitest';
import { documentStore } from '@/lib/document/documentStore';
import { CATALOG, chain } from '@/lib/document/testing';
import { catalogStore } from '@/lib/modules/catalog';
import {
  commitMoves,
  dropDrag,
  flowStore,
  followDocument,
  guideStore,
  onEdgesChange,
  onNodesChange,
  takeUp,
} from './flowStore';

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

it('puts everything back when a drag is given up, and takes no step', () => {
  const before = drawn('b')?.position;
  const { history } = documentStore.getState();
  onNodesChange([{ type: 'position', id: 'b', position: { x: 40, y: 340 }, dragging: true }]);
  onNodesChange([{ type: 'position', id: 'b', position: { x: 80, y: 380 }, dragging: true }]);
  expect(dropDrag()).toBe(true);
  onNodesChange([{ type: 'position', id: 'b', position: { x: 90, y: 390 }, dragging: true }]);
  onNodesChange([{ type: 'position', id: 'b', position: { x: 90, y: 390 }, dragging: false }]);
  commitMoves([{ id: 'b' }]);
  expect(drawn('b')?.position).toEqual(before);
  expect(documentStore.getState().history).toBe(history);
  expect(dropDrag()).toBe(false);
});

it('takes a drag into the document as one step', () => {
  for (const x of [1, 5, 9]) {
    onNodesChange([{ type: 'position', id: 'b', position: { x, y: 300 }, dragging: true }]);
  }
  onNodesChange([{ type: 'position', id: 'b', position: { x: 9, y: 300 }, dragging: false }]);
  commitMoves([{ id: 'b' }]);
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

describe('dragging', () => {
  const measure = (id: string) =>
    onNodesChange([{ type: 'dimensions', id, dimensions: { width: 272, height: 60 } }]);

  it('snaps to what lies in line, and shows the line until it ends', () => {
    for (const id of ['a', 'b']) measure(id);
    onNodesChange([{ type: 'position', id: 'b', position: { x: 4, y: 324 }, dragging: true }]);
    expect(drawn('b')?.position.x).toBe(0);
    expect(guideStore.getState().guides).toHaveLength(1);
    onNodesChange([{ type: 'position', id: 'b', position: { x: 4, y: 324 }, dragging: false }]);
    commitMoves([{ id: 'b' }]);
    expect(guideStore.getState().guides).toEqual([]);
    expect(documentStore.getState().nodes.b?.position).toEqual([0, 324]);
  });

  it('begins with what the pointer has moved before it was a drag', () => {
    takeUp([{ id: 'b', position: { x: 0, y: 300 } }], [1030.4, 19]);
    expect(drawn('b')?.position).toEqual({ x: 1032, y: 320 });
    commitMoves([{ id: 'b' }]);
    expect(drawn('b')?.dragging).toBe(false);
    expect(documentStore.getState().nodes.b?.position).toEqual([1032, 320]);
  });

  it('takes along what lies in a section, as one step', () => {
    const section = documentStore
      .getState()
      .addAnnotation('section', { position: [-50, 180], size: [400, 100] });
    const steps = documentStore.getState().history.entries.length;
    onNodesChange([{ type: 'position', id: section, position: { x: 950, y: 1180 }, dragging: true }]);
    expect(drawn('a')?.position).toEqual({ x: 1000, y: 1200 });
    expect(drawn('b')?.position).toEqual({ x: 0, y: 300 });
    onNodesChange([{ type: 'position', id: section, position: { x: 950, y: 1180 }, dragging: false }]);
    commitMoves([{ id: section }]);
    expect(documentStore.getState().nodes.a?.position).toEqual([1000, 1200]);
    expect(documentStore.getState().annotations[0]?.position).toEqual([950, 1180]);
    expect(documentStore.getState().history.entries).toHaveLength(steps + 1);
  });
});
