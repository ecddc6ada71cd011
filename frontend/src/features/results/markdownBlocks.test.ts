import { describe, expect, it } from 'vitest';

import { blocksOf, piecesOf } from './markdownBlocks';

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
