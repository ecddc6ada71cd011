/** The installed modules, by id. Filled once from `GET modules`; everything that draws or wires a node reads it. */

import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';

import type { DirectoryTypeSpec, ModulesAnswer, ModuleSpec, ParameterSpec } from '@/services/types.generated';
import type { DocumentNode, ParameterValue } from '../document/types';

export type ModuleMap = ReadonlyMap<string, ModuleSpec>;

interface CatalogState {
  readonly loaded: boolean;
  readonly modules: ModuleMap;
  readonly types: ReadonlyMap<string, DirectoryTypeSpec>;
  readonly categories: readonly string[];
  load: (response: ModulesAnswer) => void;
}

export const catalogStore = createStore<CatalogState>()((set) => ({
  loaded: false,
  modules: new Map(),
  types: new Map(),
  categories: [],
  load: ({ modules, types, categories }) => {
    set({
      loaded: true,
      modules: new Map(modules.map((spec) => [spec.id, spec])),
      types: new Map(types.map((type) => [type.id, type])),
      categories,
    });
  },
}));

export function useCatalog<T>(selector: (state: CatalogState) => T): T {
  return useStore(catalogStore, selector);
}

export function useModuleSpec(moduleId: string): ModuleSpec | undefined {
  return useStore(catalogStore, (state) => state.modules.get(moduleId));
}

/** The name a person knows a node by: its own label, else its module's title. */
export function nodeTitle(node: Pick<DocumentNode, 'label' | 'module'>, modules: ModuleMap): string {
  return node.label.trim() || modules.get(node.module)?.title || node.module;
}

/** A parameter's value on a node: the one given, else the declared default. */
export function parameterValue(parameter: ParameterSpec, given: DocumentNode['parameters']): ParameterValue {
  const value = given[parameter.id];
  return value === undefined ? parameter.default : value;
}

/** Whether the other parameters' values let this one apply. */
export function isShown(
  parameter: ParameterSpec,
  spec: ModuleSpec,
  given: DocumentNode['parameters'],
): boolean {
  return Object.entries(parameter.shown_when).every(([otherId, wanted]) => {
    const other = spec.parameters.find((candidate) => candidate.id === otherId);
    const value = other ? parameterValue(other, given) : (given[otherId] ?? null);
    return isList(wanted) ? wanted.includes(value) : wanted === value;
  });
}

function isList(wanted: ParameterValue | readonly ParameterValue[]): wanted is readonly ParameterValue[] {
  return Array.isArray(wanted);
}
