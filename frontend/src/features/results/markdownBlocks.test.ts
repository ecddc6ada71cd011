import { describe, expect, it } from 'vitest';

import { anchorOf, blocksOf, piecesOf } from './markdownBlocks';

describe('a model card', () => {
  it('is read as blocks', () => {
    const card =
      '# DenseNet\n\nTrained on\nten classes.\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\ncode\n```\n';
    expect(blocksOf(card)).toEqual([
      { kind: 'heading', level: 1, text: 'DenseNet' },
      { kind: 'paragraph', text: 'Trained on ten classes.' },
      { kind: 'list', items: ['one', 'two'] },
      { kind: 'table', head: ['a', 'b'], rows: [['1', '2']] },
      { kind: 'code', text: 'code' },
    ]);
  });

  it('ends, whatever is in it', () => {
    expect(blocksOf('#hashtag\n```\nnever closed')).toHaveLength(2);
  });

  it('keeps HTML as text', () => {
    expect(piecesOf('<b>x</b> **y** `z`')).toEqual([
      { kind: 'plain', text: '<b>x</b> ' },
      { kind: 'strong', text: 'y' },
      { kind: 'plain', text: ' ' },
      { kind: 'code', text: 'z' },
    ]);
  });
});

describe('a page of the guide', () => {
  it('leads to the web and to its own headings, and nowhere else', () => {
    expect(piecesOf('a [Ray](https://docs.ray.io) *b* [c](#slurm) [d](other.md) [e](javascript:x)')).toEqual([
      { kind: 'plain', text: 'a ' },
      { kind: 'link', text: 'Ray', to: 'https://docs.ray.io' },
      { kind: 'plain', text: ' ' },
      { kind: 'emphasis', text: 'b' },
      { kind: 'plain', text: ' ' },
      { kind: 'link', text: 'c', to: '#slurm' },
      { kind: 'plain', text: ' ' },
      { kind: 'plain', text: 'd' },
      { kind: 'plain', text: ' ' },
      { kind: 'plain', text: 'e' },
    ]);
    expect(anchorOf('1. The same versions everywhere')).toBe('1-the-same-versions-everywhere');
  });

  it('leaves sums and globs alone', () => {
    expect(piecesOf('2 * 3 * 4 and a*b*c')).toEqual([{ kind: 'plain', text: '2 * 3 * 4 and a*b*c' }]);
  });
});
