import type { Resources } from '@/lib/document/types';
import type { ModuleSpec } from '@/services/types.generated';

type Values = Readonly<Record<string, unknown>>;

/** What several processes make of batch size and learning rate: together they take larger steps. */
export function effectiveText(spec: ModuleSpec, values: Values, resources: Resources): string | undefined {
  const processes = resources.node_count * resources.process_count_per_node;
  if (processes <= 1) return undefined;
  const batch = numberOf(spec, values, 'batch_size');
  const rate = numberOf(spec, values, 'learning_rate');
  const parts = [
    ...(batch === undefined ? [] : [`batch ${batch * processes}`]),
    ...(rate === undefined ? [] : [`learning rate ${Number((rate * processes).toPrecision(6))}`]),
  ];
  return parts.length === 0 ? undefined : `Effective ${parts.join(', ')}`;
}

function numberOf(spec: ModuleSpec, values: Values, id: string): number | undefined {
  const value = values[id] ?? spec.parameters.find((parameter) => parameter.id === id)?.default;
  return typeof value === 'number' ? value : undefined;
}
