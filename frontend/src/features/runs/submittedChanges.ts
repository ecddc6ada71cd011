import type { DocumentNode } from '@/lib/document/types';
import { valueWords } from '@/lib/document/valueWords';
import { isShown, parameterValue } from '@/lib/modules/catalog';
import type { ModuleSpec } from '@/services/types.generated';

type Submitted = Pick<DocumentNode, 'module' | 'parameters'>;

export interface ParameterLine {
  id: string;
  label: string;
  value: string;
  /** It is not what the module would have taken by itself. */
  set: boolean;
  /** What the draft says now, where that differs; null where it is the same. */
  now: string | null;
}

/** The parameters that a node ran with, and what has become of them in the draft since. */
export function parameterLines(
  spec: ModuleSpec,
  submitted: Submitted,
  draft: Submitted | undefined,
): readonly ParameterLine[] {
  return spec.parameters
    .filter((parameter) => isShown(parameter, spec, submitted.parameters))
    .map((parameter) => {
      const value = valueWords(parameterValue(parameter, submitted.parameters));
      const now = draft === undefined ? value : valueWords(parameterValue(parameter, draft.parameters));
      return {
        id: parameter.id,
        label: parameter.label,
        value,
        set: value !== valueWords(parameter.default),
        now: now === value ? null : now,
      };
    });
}

export type Change = 'same' | 'edited' | 'removed';

/** What has become of a node in the draft since the run. */
export function changeOf(submitted: Submitted, draft: Submitted | undefined): Change {
  if (draft === undefined) return 'removed';
  const names = new Set([...Object.keys(submitted.parameters), ...Object.keys(draft.parameters)]);
  const same = [...names].every((name) => submitted.parameters[name] === draft.parameters[name]);
  return same && submitted.module === draft.module ? 'same' : 'edited';
}
