import { describe, expect, it } from 'vitest';
import { parameterSpec } from '@/lib/document/testing';
import type { ModuleSpec, ParameterSpec } from '@/services/types.generated';
import { changedCount, sectionsOf } from './sections';

const flag = (id: string, change: Partial<ParameterSpec> = {}): ParameterSpec =>
  parameterSpec({ id, kind: 'flag', default: true, ...change });
const spec = (...parameters: ParameterSpec[]): ModuleSpec => ({
  id: 'm',
  title: 'M',
  category: '',
  version: 1,
  help: '',
  distributed: false,
  inputs: [],
  outputs: [],
  parameters,
});
const ids = (sections: ReturnType<typeof sectionsOf>) =>
  sections.map(({ title, parameters }) => [title, parameters.map((shown) => shown.parameter.id)]);

describe('sectionsOf', () => {
  it('hides a child while its parent is off, by the default too', () => {
    const transformation = spec(flag('resize'), flag('size', { shown_when: { resize: true } }));
    expect(ids(sectionsOf(transformation, {}))).toEqual([['', ['resize', 'size']]]);
    expect(ids(sectionsOf(transformation, { resize: false }))).toEqual([['', ['resize']]]);
  });

  it('sets a child in below its parent', () => {
    const [section] = sectionsOf(spec(flag('a'), flag('b', { shown_when: { a: true } })), {});
    expect(section?.parameters.map((shown) => shown.depth)).toEqual([0, 1]);
  });

  it('shows a parameter that applies to several values of another', () => {
    const optimiser = spec(
      flag('optimizer', { kind: 'choice', default: 'sgd', options: ['sgd', 'adamw', 'none'] }),
      flag('decay', { shown_when: { optimizer: ['sgd', 'adamw'] } }),
    );
    expect(ids(sectionsOf(optimiser, { optimizer: 'adamw' }))[0]?.[1]).toContain('decay');
    expect(ids(sectionsOf(optimiser, { optimizer: 'none' }))[0]?.[1]).not.toContain('decay');
  });

  it('puts what has no group first and leaves empty groups out', () => {
    const grouped = spec(flag('x', { group: 'Advanced' }), flag('y'));
    expect(ids(sectionsOf(grouped, {}))).toEqual([
      ['', ['y']],
      ['Advanced', ['x']],
    ]);
  });

  it('counts what differs from the default', () => {
    const [section] = sectionsOf(spec(flag('a'), flag('b')), { a: false });
    expect(changedCount(section?.parameters ?? [], { a: false })).toBe(1);
  });
});
