import { beforeEach, expect, it } from 'vitest';
import { catalogStore } from '../modules/catalog';
import { findNodes } from './findNodes';
import { CATALOG, node } from './testing';

beforeEach(() => {
  catalogStore.getState().load(CATALOG);
});

const nodes = {
  a: node('a', 'split', { label: 'Split A' }),
  t: node('t', 'train', { comment: 'Why so slow?', parameters: { epochs: 12 } }),
};

function find(query: string) {
  return findNodes(['a', 't'], nodes, catalogStore.getState().modules, query).map(({ id, where }) => [
    id,
    where,
  ]);
}

it('finds nodes by name, module, comment and parameter, and says where', () => {
  expect(find('split a')).toEqual([['a', undefined]]);
  expect(find('directory')).toEqual([['a', 'Split Image Directory']]);
  expect(find('slow')).toEqual([['t', 'Why so slow?']]);
  expect(find('epochs: 12')).toEqual([['t', 'Epochs: 12']]);
  expect(find('  ')).toEqual([]);
});
