import type { ParameterValue } from './types';

/** Above, all digits of a number are more than people count. */
const LONG = 1e15;

/** A parameter's value as people read it, `none` where it has none: `on`, `0.001`, `1e+20`. */
export function valueWords(value: ParameterValue, none = '–'): string {
  if (value === null || value === '') return none;
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return typeof value === 'number' && Math.abs(value) >= LONG ? value.toExponential() : String(value);
}
