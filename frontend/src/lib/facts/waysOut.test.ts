import { beforeEach, describe, expect, it } from 'vitest';
import { documentStore } from '../document/documentStore';
import { CATALOG, chain, document, node, parameterSpec, wire } from '../document/testing';
import type { ModuleMap } from '../modules/catalog';
import { catalogStore } from '../modules/catalog';
import type { Remark } from './factsStore';
import { sourceOf, wayOut } from './waysOut';

const path = parameterSpec({ id: 'path', label: 'Path', kind: 'dataset', required: true });
const modules: ModuleMap = new Map(
  CATALOG.modules.map((spec) => [spec.id, spec.id === 'dataset' ? { ...spec, parameters: [path] } : spec]),
);
const remark = (code: string, port: string): Remark => ({
  node: 'train',
  code,
  severity: 'error',
  text: '',
  port,
});

/** Training from the first half of Split B, validation from another data set. */
function load(): void {
  const known = chain();
  const pipeline = document(
    [...known.nodes, node('other', 'dataset', { label: 'Others' }), node('more', 'convert')],
    [
      ...known.wires,
      wire('b.first', 'train.training_dataset'),
      wire('other.dataset', 'more.input_dataset'),
      wire('more.images', 'train.validation_dataset'),
    ],
  );
  catalogStore.setState({ modules, loaded: true });
  documentStore.getState().load({ id: 'p', revision: 1, document: pipeline });
}

describe('a way out of a remark', () => {
  beforeEach(load);

  it('leads to the data set that the images come from', () => {
    const graph = documentStore.getState();
    expect(sourceOf(graph, modules, ['train', 'training_dataset'])).toBe('data');
    const way = wayOut(remark('unlabelled', 'validation_dataset'), graph, modules);
    expect(way).toMatchObject({ text: 'Choose other images', leads: true });
    way?.take();
    expect([...documentStore.getState().selection]).toEqual(['other']);
  });

  it('takes the validation images from the other half, as one step', () => {
    const way = wayOut(remark('categories-differ', 'validation_dataset'), documentStore.getState(), modules);
    expect(way).toMatchObject({ text: 'Take them from ‘Split B’ too', leads: false });
    way?.take();
    const { wires, undo } = documentStore.getState();
    expect(wires).toContainEqual(wire('b.second', 'train.validation_dataset'));
    expect(wires).not.toContainEqual(wire('more.images', 'train.validation_dataset'));
    undo();
    expect(documentStore.getState().wires).toContainEqual(wire('more.images', 'train.validation_dataset'));
  });

  it('is none where a fix is offered or nothing is wired', () => {
    const graph = documentStore.getState();
    expect(
      wayOut({ ...remark('x', 'training_dataset'), fix: { text: '', changes: [] } }, graph, modules),
    ).toBeNull();
    expect(wayOut(remark('x', 'untrained_model'), graph, modules)).toBeNull();
  });
});
