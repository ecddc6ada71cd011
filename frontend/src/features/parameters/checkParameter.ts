import type { ParameterSpec } from '@/services/types.generated';
import type { ParameterValue } from '@/lib/document/types';

/** What is wrong with a value by the module's own declaration, in a sentence; null when nothing is. */
export function checkParameter(parameter: ParameterSpec, value: ParameterValue): string | null {
  if (value === null || (typeof value === 'string' && value.trim() === '')) {
    return parameter.kind === 'text' && !parameter.required && value !== null ? null : empty(parameter);
  }
  if (parameter.kind === 'integer' || parameter.kind === 'number') return checkNumber(parameter, value);
  if (parameter.kind === 'flag') return typeof value === 'boolean' ? null : 'Turn this on or off.';
  if (typeof value !== 'string') return 'This must be text.';
  if (parameter.kind === 'choice' && !parameter.options.includes(value)) {
    return `There is no option '${value}'. Choose one of the list.`;
  }
  return null;
}

function empty(parameter: ParameterSpec): string {
  switch (parameter.kind) {
    case 'choice':
      return 'Choose one of the list.';
    case 'dataset':
      return 'Choose a data set.';
    case 'integer':
    case 'number':
      return withRange(parameter, 'Give');
    default:
      return 'Give a value.';
  }
}

function checkNumber(parameter: ParameterSpec, value: ParameterValue): string | null {
  if (typeof value !== 'number' || !Number.isFinite(value)) return withRange(parameter, 'This must be');
  if (parameter.kind === 'integer' && !Number.isInteger(value)) return withRange(parameter, 'This must be');
  const { minimum, maximum, exclusive_minimum: exclusive } = parameter;
  const tooLow = minimum !== null && (exclusive ? value <= minimum : value < minimum);
  const tooHigh = maximum !== null && value > maximum;
  return tooLow || tooHigh ? withRange(parameter, 'This must be') : null;
}

function withRange(parameter: ParameterSpec, verb: string): string {
  const noun = parameter.kind === 'integer' ? 'a whole number' : 'a number';
  const range = rangeWords(parameter);
  return `${verb} ${noun}${range === null ? '' : ` ${range}`}.`;
}

type Range = Pick<ParameterSpec, 'minimum' | 'maximum' | 'exclusive_minimum'>;

/** The smallest positive number stands for "more than nothing". */
const TINY = 1e-300;

function lowerBound({
  minimum,
  exclusive_minimum: exclusive,
}: Range): { at: number; exclusive: boolean } | null {
  if (minimum === null) return null;
  return minimum > 0 && minimum < TINY ? { at: 0, exclusive: true } : { at: minimum, exclusive };
}

/** The bounds in words (`greater than 0`, `from 0 to 1`); null when there are none. */
export function rangeWords(range: Range): string | null {
  const low = lowerBound(range);
  const { maximum } = range;
  if (low === null) return maximum === null ? null : `of at most ${spell(maximum)}`;
  const over = `${low.exclusive ? 'greater than' : 'of at least'} ${spell(low.at)}`;
  if (maximum === null) return over;
  return low.exclusive ? `${over}, at most ${spell(maximum)}` : `from ${spell(low.at)} to ${spell(maximum)}`;
}

/** The bounds in signs (`> 0`, `0 to 1`); empty when there are none. */
export function rangeSigns(range: Range): string {
  const low = lowerBound(range);
  const { maximum } = range;
  if (low === null) return maximum === null ? '' : `≤ ${spell(maximum)}`;
  const over = `${low.exclusive ? '>' : '≥'} ${spell(low.at)}`;
  if (maximum === null) return over;
  return low.exclusive ? `${over}, ≤ ${spell(maximum)}` : `${spell(low.at)} to ${spell(maximum)}`;
}

function spell(bound: number): string {
  return bound !== 0 && Math.abs(bound) < 1e-4
    ? bound.toExponential(0)
    : String(Number(bound.toPrecision(4)));
}
