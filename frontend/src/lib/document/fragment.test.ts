import { beforeEach, describe, expect, it } from 'vitest';
import { contentFrom, documentStore } from './documentStore';
import { cutOut, fragmentToText, textToFragment } from './fragment';
import { chain, wire } from './testing';

const content = contentFrom(chain());

beforeEach(() => {
  documentStore.getState().load({ id: null, revision: 0, document: chain() });
});

describe('copy and paste', () => {
  it('takes the chosen nodes and the wires between them', () => {
    const fragment = cutOut(content, new Set(['a', 'b']));
    expect(fragment?.nodes.map((node) => node.id)).toEqual(['a', 'b']);
    expect(fragment?.wires).toEqual([wire('a.first', 'b.images')]);
  });

  it('survives the clipboard', () => {
    const fragment = cutOut(content, new Set(['a', 'b']));
    expect(fragment && textToFragment(fragmentToText(fragment))).toEqual(fragment);
  });

  it('reads a whole pipeline document', () => {
    expect(textToFragment(JSON.stringify(chain()))?.nodes).toHaveLength(6);
  });

  it.each([
    '',
    'hello',
    '{',
    '{"format": "other"}',
    '{"format": "torchwire/fragment", "nodes": [1, {}]}',
    '[]',
  ])('leaves other text alone: %s', (text) => {
    expect(textToFragment(text)).toBeNull();
  });

  it('mends odd values instead of passing them on', () => {
    const text = JSON.stringify({
      format: 'torchwire/fragment',
      nodes: [{ id: 'x', module: 'split', parameters: { a: [1], b: 2 }, position: ['left', 1] }],
      wires: [{ from: ['x', 'y'], to: ['elsewhere', 'z'] }],
    });
    const fragment = textToFragment(text);
    expect(fragment?.nodes[0]).toMatchObject({ parameters: { b: 2 }, position: [0, 0], label: '' });
    expect(fragment?.wires).toEqual([]);
  });

  it('pastes under new ids at the given place', () => {
    const fragment = cutOut(content, new Set(['a', 'b']));
    const [a = '', b = ''] = fragment ? documentStore.getState().paste(fragment, [1000, 1000]) : [];
    const { nodes, wires, selection } = documentStore.getState();
    expect([a, b]).toEqual(['split', 'split-2']);
    expect(nodes[b]?.position).toEqual([1000, 1100]);
    expect(wires).toContainEqual({ from: [a, 'first'], to: [b, 'images'] });
    expect([...selection]).toEqual([a, b]);
  });
});
