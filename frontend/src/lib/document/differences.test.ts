import { describe, expect, it } from 'vitest';

import { differences } from './differences';
import { CATALOG, document, node, wire } from './testing';
import type { DocumentNode, PipelineDocument } from './types';

const modules = new Map(CATALOG.modules.map((spec) => [spec.id, spec]));
const data = node('data', 'dataset');
const convert = node('convert', 'convert');
const train = node('train', 'train', { label: 'Teacher', parameters: { epochs: 8 } });
const joined = wire('data.dataset', 'convert.input_dataset');
const now = document([data, convert, train], [joined]);

function words(then: PipelineDocument): string[] {
  return differences(now, then, modules).map(({ of, what }) => `${of}: ${what}`);
}

function withTrain(change: Partial<DocumentNode>): PipelineDocument {
  return { ...now, nodes: [data, convert, { ...train, ...change }] };
}

describe('what bringing an earlier state back would do', () => {
  it('is nothing where all is as it was, in whatever order', () => {
    expect(words({ ...now, nodes: [train, convert, data] })).toEqual([]);
  });

  it('names parameters with their values, defaults too', () => {
    expect(words(withTrain({ parameters: { batch_size: 4 } }))).toEqual([
      'Teacher: Epochs 8 → 5',
      'Teacher: Batch size 16 → 4',
    ]);
  });

  it('names nodes that come and go, and not their wires', () => {
    const split = node('split', 'split');
    const then = document([data, train, split], [wire('data.dataset', 'split.images')]);
    expect(words(then)).toEqual([
      'Convert to Image Directory: is removed',
      'Split Image Directory: comes back',
    ]);
  });

  it('names wires between nodes that stay', () => {
    const then = { ...now, wires: [wire('convert.images', 'train.training_dataset')] };
    expect(words(then)).toEqual([
      'Wire from Data set to Convert to Image Directory (input dataset): is removed',
      'Wire from Convert to Image Directory to Teacher (training dataset): comes back',
    ]);
  });

  it('names a node by what it was called then, and says what it is called now', () => {
    expect(words(withTrain({ label: '' }))).toEqual([
      'Train PyTorch Model: Name Teacher → Train PyTorch Model',
    ]);
  });

  it('knows of settings', () => {
    const settings = {
      compute_target: 'cluster',
      regenerate_output: true,
      comment: 'slow',
      resources: { node_count: 2, process_count_per_node: 1 },
    };
    expect(words(withTrain(settings))).toEqual([
      'Teacher: Compute target of the pipeline → cluster',
      'Teacher: Other run settings',
      'Teacher: Regenerate output off → on',
      'Teacher: Another comment',
    ]);
    expect(words(withTrain({ module: 'densenet', parameters: {} }))).toEqual([
      'Teacher: Module Train PyTorch Model → DenseNet',
    ]);
  });

  it('knows of modules that are not installed', () => {
    const lost = node('lost', 'gone', { parameters: { a: 1 } });
    const other = { ...lost, parameters: { a: 2 } };
    expect(differences(document([lost]), document([other]), modules)).toEqual([
      { of: 'gone', what: 'Other parameters' },
    ]);
  });

  it('knows of the pipeline and of looks', () => {
    const note = {
      id: 'n',
      kind: 'note',
      text: 'hi',
      position: [0, 0],
      size: [9, 9],
      color: 'grey',
    } as const;
    const then = {
      ...withTrain({ position: [8, 8] }),
      name: 'Before',
      description: 'More',
      default_compute_target: 'cluster',
      annotations: [note],
    };
    expect(words(then)).toEqual([
      'Pipeline: Name Test → Before',
      'Pipeline: Compute target local-cpu → cluster',
      'Pipeline: Another description',
      'Canvas: 1 node stands elsewhere',
      'Canvas: Other notes and sections',
    ]);
  });
});
