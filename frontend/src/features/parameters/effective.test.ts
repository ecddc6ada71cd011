import { expect, it } from 'vitest';

import type { ModuleSpec, ParameterSpec } from '@/services/types.generated';
import { effectiveText } from './effective';

const parameter = (id: string, value: number) => ({ id, default: value }) as ParameterSpec;
const SPEC = { parameters: [parameter('batch_size', 16), parameter('learning_rate', 0.1)] } as ModuleSpec;
const processes = (count: number) => ({ node_count: 1, process_count_per_node: count });

it('says what several processes make of batch and rate', () => {
  expect(effectiveText(SPEC, {}, processes(2))).toBe('Effective batch 32, learning rate 0.2');
  expect(effectiveText(SPEC, { batch_size: 4, learning_rate: 0.01 }, processes(3))).toBe(
    'Effective batch 12, learning rate 0.03',
  );
});

it('says nothing of one process, or of what has neither', () => {
  expect(effectiveText(SPEC, {}, processes(1))).toBeUndefined();
  expect(effectiveText({ ...SPEC, parameters: [] }, {}, processes(2))).toBeUndefined();
});
