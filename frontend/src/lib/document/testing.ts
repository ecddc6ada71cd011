/** Small graphs and a small catalogue for the tests of this folder. */

import type {
  InputPortSpec,
  ModuleSpec,
  ModulesAnswer,
  OutputPortSpec,
  ParameterSpec,
} from '@/services/types.generated';
import type { DocumentNode, DocumentWire, PipelineDocument } from './types';

export const CATALOG: ModulesAnswer = {
  categories: ['Test'],
  types: [],
  modules: [
    moduleOf('dataset', 'Data set', [], [output('dataset', 'AnyDirectory')]),
    moduleOf(
      'convert',
      'Convert to Image Directory',
      [input('input_dataset', 'AnyDirectory')],
      [output('images', 'ImageDirectory')],
    ),
    moduleOf(
      'split',
      'Split Image Directory',
      [input('images', 'ImageDirectory')],
      [output('first', 'ImageDirectory'), output('second', 'ImageDirectory')],
    ),
    moduleOf('densenet', 'DenseNet', [], [output('untrained_model', 'UntrainedModelDirectory')]),
    moduleOf(
      'train',
      'Train PyTorch Model',
      [
        input('untrained_model', 'UntrainedModelDirectory'),
        input('training_dataset', 'ImageDirectory'),
        input('validation_dataset', 'ImageDirectory'),
      ],
      [output('trained_model', 'ModelDirectory')],
      [parameter('epochs', 'Epochs', 5), parameter('batch_size', 'Batch size', 16)],
    ),
  ],
};

export function node(id: string, module: string, change: Partial<DocumentNode> = {}): DocumentNode {
  return {
    id,
    module,
    version: 1,
    label: '',
    comment: '',
    parameters: {},
    compute_target: null,
    resources: { node_count: 1, process_count_per_node: 1 },
    regenerate_output: false,
    position: [0, 0],
    ...change,
  };
}

export function wire(from: string, to: string): DocumentWire {
  const [a = '', out = ''] = from.split('.');
  const [b = '', into = ''] = to.split('.');
  return { from: [a, out], to: [b, into] };
}

export function document(nodes: DocumentNode[], wires: DocumentWire[] = []): PipelineDocument {
  return {
    format: 'torchwire/pipeline',
    version: 1,
    name: 'Test',
    description: '',
    default_compute_target: 'local-cpu',
    nodes,
    wires,
    annotations: [],
  };
}

/** data → convert → split A → split B, and a Train node with nothing wired. */
export function chain(): PipelineDocument {
  return document(
    [
      node('data', 'dataset'),
      node('convert', 'convert', { position: [0, 100] }),
      node('a', 'split', { label: 'Split A', position: [0, 200] }),
      node('b', 'split', { label: 'Split B', position: [0, 300] }),
      node('densenet', 'densenet', { position: [300, 300] }),
      node('train', 'train', { position: [0, 400] }),
    ],
    [
      wire('data.dataset', 'convert.input_dataset'),
      wire('convert.images', 'a.images'),
      wire('a.first', 'b.images'),
    ],
  );
}

function moduleOf(
  id: string,
  title: string,
  inputs: InputPortSpec[],
  outputs: OutputPortSpec[],
  parameters: ParameterSpec[] = [],
): ModuleSpec {
  return {
    id,
    title,
    category: 'Test',
    version: 1,
    help: '',
    distributed: false,
    inputs,
    outputs,
    parameters,
  };
}

function input(id: string, type: string): InputPortSpec {
  return { id, label: id.replace('_', ' '), help: '', types: [type], optional: false };
}

function output(id: string, type: string): OutputPortSpec {
  return { id, label: id.replace('_', ' '), help: '', type };
}

function parameter(id: string, label: string, fallback: number): ParameterSpec {
  return parameterSpec({ id, label, default: fallback });
}

/** A whole number without bounds, but for what is said of it. */
export function parameterSpec(change: Partial<ParameterSpec> & Pick<ParameterSpec, 'id'>): ParameterSpec {
  return {
    label: change.id,
    kind: 'integer',
    help: '',
    required: false,
    default: null,
    minimum: null,
    exclusive_minimum: false,
    maximum: null,
    options: [],
    shown_when: {},
    group: '',
    unit: '',
    ...change,
  };
}
