import type { Run } from '@/lib/run/types';

/** Which part of the pipeline a run was asked for: `up to Train PyTorch Model`; null for all of it. */
export function askedWords(
  { asked_for }: Pick<Run, 'asked_for'>,
  titleOf: (nodeId: string) => string,
): string | null {
  const until = asked_for?.until ?? [];
  const only = asked_for?.only ?? [];
  if (until.length > 0) return `up to ${listed(until, titleOf)}`;
  if (only.length > 0) return `only ${listed(only, titleOf)}`;
  return null;
}

function listed(ids: readonly string[], titleOf: (nodeId: string) => string): string {
  const [first = '', ...rest] = ids.map(titleOf);
  if (rest.length === 0) return first;
  return rest.length === 1 ? `${first} and ${rest[0]}` : `${first} and ${rest.length} more`;
}
