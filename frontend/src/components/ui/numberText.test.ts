import { describe, expect, it } from 'vitest';
import { parseNumber, stepNumber } from './numberText';

describe('parseNumber', () => {
  it.each([
    ['5', 5],
    [' 0.25 ', 0.25],
    ['1e-3', 0.001],
    ['3E+2', 300],
    ['.5', 0.5],
    ['-2.', -2],
  ])('reads %j', (text, value) => {
    expect(parseNumber(text)).toBe(value);
  });

  it.each(['', 'abc', '1e', '0x10', '1,5', 'Infinity', '1e999'])('refuses %j', (text) => {
    expect(parseNumber(text)).toBeNull();
  });
});

describe('stepNumber', () => {
  it('moves whole numbers by one, or by ten', () => {
    expect(stepNumber(5, 1, false, { integer: true })).toBe(6);
    expect(stepNumber(5, 1, true, { integer: true })).toBe(15);
  });

  it('stays within the bounds', () => {
    expect(stepNumber(1, -1, false, { integer: true, minimum: 1 })).toBe(1);
    expect(stepNumber(0.995, 1, false, { minimum: 0, maximum: 1 })).toBe(1);
  });

  it('moves a small number by its own size and never through zero', () => {
    expect(stepNumber(0.001, 1, false, {})).toBe(0.002);
    expect(stepNumber(0.001, -1, false, {})).toBe(0.0009);
    expect(stepNumber(0.0009, 1, false, {})).toBe(0.001);
  });
});
