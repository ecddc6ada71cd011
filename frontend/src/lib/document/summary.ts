import type { ModuleSpec } from '@/services/types.generated';
import { isShown, parameterValue } from '../modules/catalog';
import type { DocumentNode, ParameterValue } from './types';
import { valueWords } from './valueWords';

export interface SummaryItem {
  /** Empty where the value speaks for itself. */
  readonly label: string;
  readonly value: string;
}

export interface Summary {
  /** The first few parameters that differ from their defaults. */
  readonly items: readonly SummaryItem[];
  /** How many more differ. */
  readonly more: number;
  /** What has yet to be chosen, in a few words each. */
  readonly missing: readonly string[];
}

/** What a node's face says about its parameters. */
export function summaryOf(spec: ModuleSpec, given: DocumentNode['parameters'], limit = 3): Summary {
  const shown = spec.parameters.filter((parameter) => isShown(parameter, spec, given));
  const isEmpty = (value: ParameterValue) => value === null || value === '';
  const changed = shown.filter((parameter) => {
    const value = parameterValue(parameter, given);
    return !isEmpty(value) && (parameter.required || value !== parameter.default);
  });
  return {
    items: changed.slice(0, limit).map((parameter) => ({
      label: parameter.kind === 'dataset' ? '' : parameter.label,
      value: valueText(parameterValue(parameter, given), parameter.unit),
    })),
    more: Math.max(0, changed.length - limit),
    missing: shown
      .filter((parameter) => parameter.required && isEmpty(parameterValue(parameter, given)))
      .map((parameter) =>
        parameter.kind === 'dataset' ? 'Choose a data set' : `Choose ${parameter.label.toLowerCase()}`,
      ),
  };
}

function valueText(value: ParameterValue, unit: string): string {
  const text = valueWords(value);
  return unit && typeof value === 'number' ? `${text} ${unit}` : text;
}
