import { beforeEach, describe, expect, it } from 'vitest';
import { catalogStore } from '../modules/catalog';
import { boxAround, carriedBy, holds, resized, type Box } from './annotations';
import { documentStore } from './documentStore';
import { fragmentToText, cutOut, textToFragment } from './fragment';
import { CATALOG, chain } from './testing';

const store = () => documentStore.getState();
const labels = () => store().history.entries.map((entry) => entry.label);

beforeEach(() => {
  catalogStore.getState().load(CATALOG);
  store().load({ id: 'p', revision: 1, document: chain() });
});

it('puts a section around boxes, with room for its title', () => {
  const around = boxAround([
    { position: [0, 0], size: [100, 50] },
    { position: [200, 300], size: [100, 50] },
  ]);
  expect(around).toEqual({ position: [-28, -44], size: [356, 422] });
  expect(holds(around, { position: [200, 300], size: [100, 50] })).toBe(true);
  expect(holds(around, { position: [310, 300], size: [100, 50] })).toBe(false);
});

it('never turns a box inside out', () => {
  const box: Box = { position: [100, 100], size: [200, 100] };
  expect(resized(box, [1, 1], [50, -20])).toEqual({ position: [100, 100], size: [250, 80] });
  expect(resized(box, [-1, 0], [-50, 0])).toEqual({ position: [50, 100], size: [250, 100] });
  expect(resized(box, [-1, 0], [500, 0])).toEqual({ position: [204, 100], size: [96, 100] });
});

describe('a section', () => {
  it('carries what lies in it, but not the section that it lies in', () => {
    const inner = store().addAnnotation('section', { position: [0, 0], size: [300, 200] });
    const outer = store().addAnnotation('section', { position: [-100, -100], size: [900, 900] });
    const boxes = new Map<string, Box>([
      ['a', { position: [10, 10], size: [100, 50] }],
      ['far', { position: [500, 500], size: [100, 50] }],
      [inner, { position: [0, 0], size: [300, 200] }],
      [outer, { position: [-100, -100], size: [900, 900] }],
    ]);
    expect(carriedBy([inner], store().annotations, boxes)).toEqual(new Set(['a']));
    expect(carriedBy([outer], store().annotations, boxes)).toEqual(new Set(['a', 'far', inner]));
  });
});

it('undoes everything that is done to a note, step by step and by name', () => {
  const id = store().addAnnotation('note', { position: [10, 10] });
  store().setAnnotationText(id, 'Try a smaller');
  store().setAnnotationText(id, 'Try a smaller network');
  store().setAnnotationColor([id], 'blue');
  store().moveNodes(new Map([[id, [50, 60]]]));
  store().resizeAnnotation(id, { position: [50, 60], size: [300, 200] });
  store().select([], [], [id]);
  store().removeSelection();
  expect(labels()).toEqual([
    'Opened',
    'Add a note',
    'Write a note',
    'Colour the note ‘Try a smaller network’',
    'Move the note ‘Try a smaller network’',
    'Resize the note ‘Try a smaller network’',
    'Delete the note ‘Try a smaller network’',
  ]);
  store().undo();
  expect(store().toDocument().annotations).toEqual([
    { id, kind: 'note', text: 'Try a smaller network', position: [50, 60], size: [300, 200], color: 'blue' },
  ]);
  for (let n = 0; n < 5; n += 1) store().undo();
  expect(store().annotations).toEqual([]);
});

it('travels over the clipboard with the nodes', () => {
  const id = store().addAnnotation('section', { position: [0, 150] });
  const fragment = cutOut(store(), new Set(['a', id]));
  const read = fragment && textToFragment(fragmentToText(fragment));
  expect(read).toEqual(fragment);
  store().paste(read ?? { nodes: [], wires: [], annotations: [] }, [500, 500]);
  expect(store().annotations).toHaveLength(2);
  expect(store().annotations[1]?.id).not.toBe(id);
  expect(store().selectedAnnotations.size).toBe(1);
});
