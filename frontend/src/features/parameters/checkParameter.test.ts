import { describe, expect, it } from 'vitest';
import { parameterSpec } from '@/lib/document/testing';
import type { ParameterSpec } from '@/services/types.generated';
import { checkParameter, rangeSigns, rangeWords } from './checkParameter';

const parameter = (change: Partial<ParameterSpec>): ParameterSpec =>
  parameterSpec({ id: 'p', label: 'P', default: 5, ...change });
const epochs = parameter({ minimum: 0, exclusive_minimum: true });
const fraction = parameter({ kind: 'number', minimum: 0, maximum: 1, default: 0.9 });

describe('checkParameter', () => {
  it.each([1, 500])('takes %j epochs', (value) => expect(checkParameter(epochs, value)).toBeNull());

  it.each([0, -3, 2.5, 'abc', true])('refuses %j epochs and says what is allowed', (value) => {
    expect(checkParameter(epochs, value)).toBe('This must be a whole number greater than 0.');
  });

  it('asks for a value where the field is empty', () => {
    expect(checkParameter(epochs, null)).toBe('Give a whole number greater than 0.');
    expect(checkParameter(parameter({ kind: 'choice', options: ['a'], required: true }), null)).toBe(
      'Choose one of the list.',
    );
  });

  it('holds both bounds', () => {
    expect(checkParameter(fraction, 1)).toBeNull();
    expect(checkParameter(fraction, 1.01)).toBe('This must be a number from 0 to 1.');
  });

  it('lets optional text be empty, but not required text', () => {
    expect(checkParameter(parameter({ kind: 'text', default: '' }), '')).toBeNull();
    expect(checkParameter(parameter({ kind: 'text', default: null, required: true }), '')).not.toBeNull();
  });

  it('names an option that is not in the list', () => {
    expect(checkParameter(parameter({ kind: 'choice', options: ['a'] }), 'b')).toContain("'b'");
  });
});

it('says in words and signs what is allowed', () => {
  const range = (minimum: number | null, maximum: number | null, exclusive_minimum = false) => ({
    minimum,
    maximum,
    exclusive_minimum,
  });
  expect(rangeWords(range(5e-324, null))).toBe('greater than 0');
  expect(rangeSigns(range(5e-324, null))).toBe('> 0');
  expect(rangeSigns(range(0, 1))).toBe('0 to 1');
  expect(rangeSigns(range(1, null))).toBe('≥ 1');
  expect(rangeWords(range(null, null))).toBeNull();
});
