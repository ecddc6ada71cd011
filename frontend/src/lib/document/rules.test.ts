import { beforeEach, describe, expect, it } from 'vitest';
import { catalogStore } from '../modules/catalog';
import { contentFrom } from './documentStore';
import { canConnect, Fit, fittingPort, reachable } from './rules';
import { CATALOG, chain, document, node, wire } from './testing';

const graph = contentFrom(chain());

beforeEach(() => {
  catalogStore.getState().load(CATALOG);
});

function judge(from: string, to: string) {
  const { from: source, to: target } = wire(from, to);
  return canConnect(graph, catalogStore.getState().modules, source, target);
}

describe('canConnect', () => {
  it('joins an output to an input that lists its type', () => {
    expect(judge('b.first', 'train.training_dataset')).toEqual({ ok: true });
  });

  it('names both types when they differ', () => {
    expect(judge('densenet.untrained_model', 'train.training_dataset')).toEqual({
      ok: false,
      reason:
        "Train PyTorch Model's 'training dataset' takes an ImageDirectory, not an UntrainedModelDirectory.",
    });
  });

  it('refuses a loop and says through which node', () => {
    expect(judge('b.first', 'a.images')).toEqual({
      ok: false,
      reason: 'This wire would close a loop through Split A.',
    });
  });

  it('refuses a node to feed itself', () => {
    expect(judge('a.second', 'a.images')).toEqual({ ok: false, reason: "Split A can't feed itself." });
  });

  it('says which wire gives way at an occupied input', () => {
    expect(judge('a.second', 'b.images')).toEqual({ ok: true, replaces: wire('a.first', 'b.images') });
  });

  it('refuses to join the same ports twice', () => {
    expect(judge('a.first', 'b.images')).toEqual({
      ok: false,
      reason: 'These two ports are already joined.',
    });
  });

  it('says so when a module is not installed', () => {
    const other = contentFrom(document([node('x', 'gone'), node('a', 'split')]));
    const verdict = canConnect(other, catalogStore.getState().modules, ['x', 'y'], ['a', 'images']);
    expect(verdict).toEqual({
      ok: false,
      reason: "The module 'gone' isn't installed, so its ports are unknown.",
    });
  });
});

describe('Fit', () => {
  const from = (ref: [string, string], side: 'input' | 'output') =>
    new Fit(graph, catalogStore.getState().modules, { ref, side });

  it('agrees with canConnect when drawn backwards from an input', () => {
    const fit = from(['a', 'images'], 'input');
    expect(fit.judge(['b', 'second'], 'output')).toEqual({
      ok: false,
      reason: 'This wire would close a loop through Split B.',
    });
    expect(fit.judge(['convert', 'images'], 'output').ok).toBe(false);
  });

  it('refuses two outputs', () => {
    expect(from(['a', 'first'], 'output').judge(['b', 'second'], 'output').ok).toBe(false);
  });

  it('offers free inputs before occupied ones', () => {
    const train = node('train', 'train');
    const wired = { ...graph, wires: [...graph.wires, wire('a.second', 'train.training_dataset')] };
    const fit = new Fit(wired, catalogStore.getState().modules, { ref: ['b', 'first'], side: 'output' });
    expect(fit.portsOf(train)).toEqual([
      ['train', 'validation_dataset'],
      ['train', 'training_dataset'],
    ]);
  });

  it('says why nothing on a node fits', () => {
    expect(from(['data', 'dataset'], 'output').refusalOf(node('train', 'train'))).toBe(
      'Nothing on Train PyTorch Model takes an AnyDirectory.',
    );
    expect(from(['data', 'dataset'], 'output').refusalOf(node('densenet', 'densenet'))).toBe(
      'DenseNet has no inputs.',
    );
  });
});

it('finds the port of a new module that a wire would join', () => {
  const { modules } = catalogStore.getState();
  const end = { ref: ['b', 'first'], side: 'output' } as const;
  const fitting = [...modules.values()].filter((spec) => fittingPort(graph, modules, end, spec));
  expect(fitting.map((spec) => spec.id)).toEqual(['split', 'train']);
});

it('walks up and down the wires', () => {
  expect([...reachable(graph.wires, 'a', 'upstream')]).toEqual(['a', 'convert', 'data']);
  expect([...reachable(graph.wires, 'a', 'downstream')]).toEqual(['a', 'b']);
});
