import { describe, expect, it } from 'vitest';

import { parameterSpec } from '@/lib/document/testing';
import type { ModuleSpec, ParameterSpec } from '@/services/types.generated';

import { changeOf, parameterLines } from './submittedChanges';

function parameter(id: string, changes: Partial<ParameterSpec>): ParameterSpec {
  return parameterSpec({ id, ...changes });
}

const spec: ModuleSpec = {
  id: 'resize',
  title: 'Resize',
  category: '',
  version: 1,
  help: '',
  distributed: false,
  inputs: [],
  outputs: [],
  parameters: [
    parameter('resize', { kind: 'flag', default: true }),
    parameter('size', { default: 256, shown_when: { resize: true } }),
  ],
};
const node = (parameters: Record<string, number | boolean>) => ({ module: 'resize', parameters });

describe('what a node ran with', () => {
  it('is told with what the draft says now', () => {
    expect(parameterLines(spec, node({ size: 64 }), node({ size: 32 }))).toEqual([
      { id: 'resize', label: 'resize', value: 'on', set: false, now: null },
      { id: 'size', label: 'size', value: '64', set: true, now: '32' },
    ]);
  });

  it('leaves out what did not apply', () => {
    expect(parameterLines(spec, node({ resize: false }), undefined).map(({ id }) => id)).toEqual(['resize']);
  });

  it('knows nodes that were edited or removed since', () => {
    expect(changeOf(node({ size: 64 }), node({ size: 64 }))).toBe('same');
    expect(changeOf(node({ size: 64 }), node({}))).toBe('edited');
    expect(changeOf(node({}), undefined)).toBe('removed');
  });
});
