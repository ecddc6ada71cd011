/** What `GET modules` returns: every module's declaration, the one source of palette, form and wiring rules. */

import type { ParameterValue } from '../document/types';

export type ParameterKind = 'integer' | 'number' | 'flag' | 'choice' | 'text' | 'dataset';

export interface ParameterSpec {
  readonly id: string;
  readonly label: string;
  readonly kind: ParameterKind;
  readonly help: string;
  readonly required: boolean;
  readonly default: ParameterValue;
  readonly minimum: number | null;
  readonly exclusive_minimum: boolean;
  readonly maximum: number | null;
  readonly options: readonly string[];
  readonly shown_when: Readonly<Record<string, ParameterValue | readonly ParameterValue[]>>;
  readonly group: string;
  readonly unit: string;
}

export interface InputPortSpec {
  readonly id: string;
  readonly label: string;
  readonly help: string;
  readonly types: readonly string[];
  readonly optional: boolean;
}

export interface OutputPortSpec {
  readonly id: string;
  readonly label: string;
  readonly help: string;
  readonly type: string;
}

export interface ModuleSpec {
  readonly id: string;
  readonly title: string;
  readonly category: string;
  readonly version: number;
  readonly help: string;
  readonly distributed: boolean;
  readonly inputs: readonly InputPortSpec[];
  readonly outputs: readonly OutputPortSpec[];
  readonly parameters: readonly ParameterSpec[];
}

export interface DirectoryTypeSpec {
  readonly id: string;
  readonly title: string;
  readonly help: string;
  readonly hue: number;
}

export interface ModulesResponse {
  readonly modules: readonly ModuleSpec[];
  readonly types: readonly DirectoryTypeSpec[];
  readonly categories?: readonly string[];
}
