import { expect, it } from 'vitest';

import { valueWords } from './valueWords';

it.each([
  [true, 'on'],
  [false, 'off'],
  ['resnet18', 'resnet18'],
  [0, '0'],
  [0.001, '0.001'],
  [1e-300, '1e-300'],
  [224_000, '224000'],
  [-1e20, '-1e+20'],
  ['', '–'],
  [null, '–'],
])('spells %j as %s', (value, words) => {
  expect(valueWords(value)).toBe(words);
});

it('says what is asked where there is no value', () => {
  expect(valueWords(null, 'empty')).toBe('empty');
  expect(valueWords(0, 'empty')).toBe('0');
});
