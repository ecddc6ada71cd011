import type { ModuleSpec, ParameterSpec } from '@/services/types.generated';
import { isShown, parameterValue } from '../modules/catalog';
import type { DocumentNode, ParameterValue } from './types';

/** Above, all digits of a number are more than people count. */
const LONG = 1e15;

/** A parameter's value as people read it, `none` where it has none: `on`, `0.001`, `1e+20`. */
export function valueWords(value: ParameterValue, none = '–'): string {
  if (value === null || value === '') return none;
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return typeof value === 'number' && Math.abs(value) >= LONG ? value.toExponential() : String(value);
}

/** That of a parameter on a node; none where the others' values don't let it apply. */
export function shownWords(
  parameter: ParameterSpec,
  spec: ModuleSpec,
  given: DocumentNode['parameters'],
): string {
  return valueWords(isShown(parameter, spec, given) ? parameterValue(parameter, given) : null);
}
