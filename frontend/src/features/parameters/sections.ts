import { isShown } from '@/lib/modules/catalog';
import type { ModuleSpec, ParameterSpec } from '@/services/types.generated';
import type { ParameterValue } from '@/lib/document/types';

export interface ShownParameter {
  readonly parameter: ParameterSpec;
  /** 1 for a parameter that hangs on another one above it. */
  readonly depth: number;
}

export interface Section {
  /** Empty for the parameters that belong to no group; they come first. */
  readonly title: string;
  readonly parameters: readonly ShownParameter[];
}

/** The parameters that apply, by group in declared order. */
export function sectionsOf(
  spec: ModuleSpec,
  given: Readonly<Record<string, ParameterValue>>,
): readonly Section[] {
  const sections = new Map<string, ShownParameter[]>([['', []]]);
  for (const parameter of spec.parameters) {
    if (!isShown(parameter, spec, given)) continue;
    const section = sections.get(parameter.group) ?? [];
    const parents = Object.keys(parameter.shown_when);
    const hangs = section.some((above) => parents.includes(above.parameter.id));
    section.push({ parameter, depth: hangs ? 1 : 0 });
    sections.set(parameter.group, section);
  }
  return [...sections]
    .map(([title, parameters]) => ({ title, parameters }))
    .filter((section) => section.parameters.length > 0);
}

/** How many of the parameters differ from their defaults. */
export function changedCount(
  parameters: readonly ShownParameter[],
  given: Readonly<Record<string, ParameterValue>>,
): number {
  return parameters.filter(({ parameter }) => !parameter.required && Object.hasOwn(given, parameter.id))
    .length;
}
