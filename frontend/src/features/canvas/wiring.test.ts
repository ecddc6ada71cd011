import { beforeEach, describe, expect, it } from 'vitest';
import { documentStore } from '@/lib/document/documentStore';
import { CATALOG, chain, wire } from '@/lib/document/testing';
import { catalogStore } from '@/lib/modules/catalog';
import { beginWire, cancelWire, dropWire, fittingPorts, hoverOver, wiringStore } from './wiring';

const wires = () => documentStore.getState().wires;
const port = (node: string, id: string, side: 'input' | 'output') =>
  ({ kind: 'port', ref: [node, id], side }) as const;

beforeEach(() => {
  catalogStore.getState().load(CATALOG);
  documentStore.getState().load({ id: 'p', revision: 1, document: chain() });
  cancelWire();
});

describe('a wire that is let go', () => {
  it('joins the port it is over', () => {
    beginWire({ ref: ['b', 'first'], side: 'output' }, 'drag');
    expect(dropWire(port('train', 'validation_dataset', 'input'))).toBe('joined');
    expect(wires()).toContainEqual(wire('b.first', 'train.validation_dataset'));
  });

  it('joins when drawn backwards', () => {
    beginWire({ ref: ['train', 'untrained_model'], side: 'input' }, 'drag');
    expect(dropWire(port('densenet', 'untrained_model', 'output'))).toBe('joined');
    expect(wires()).toContainEqual(wire('densenet.untrained_model', 'train.untrained_model'));
  });

  it('picks the first fitting port of a node it is over', () => {
    beginWire({ ref: ['b', 'first'], side: 'output' }, 'drag');
    dropWire({ kind: 'node', nodeId: 'train' });
    expect(wires()).toContainEqual(wire('b.first', 'train.training_dataset'));
  });

  it('keeps the reason of a refusal at the port', () => {
    beginWire({ ref: ['b', 'first'], side: 'output' }, 'drag');
    expect(dropWire(port('a', 'images', 'input'))).toBe('refused');
    expect(wiringStore.getState().refusal).toMatchObject({
      anchor: 'a:input:images',
      reason: 'This wire would close a loop through Split A.',
    });
  });

  it('asks for a module on the empty canvas', () => {
    beginWire({ ref: ['b', 'first'], side: 'output' }, 'drag');
    expect(dropWire({ kind: 'canvas' })).toBe('open');
  });

  it('takes away a wire whose end is pulled off to the empty canvas', () => {
    const [first] = wires();
    beginWire({ ref: ['data', 'dataset'], side: 'output' }, 'drag', first);
    expect(dropWire({ kind: 'canvas' })).toBe('removed');
    expect(wires()).not.toContainEqual(first);
  });

  it('may go back to where its end was', () => {
    const moved = wire('a.first', 'b.images');
    beginWire({ ref: moved.from, side: 'output' }, 'drag', moved);
    expect(dropWire(port('b', 'images', 'input'))).toBe('joined');
    expect(documentStore.getState().changes).toBe(0);
  });
});

it('says what would happen while it is drawn', () => {
  beginWire({ ref: ['densenet', 'untrained_model'], side: 'output' }, 'drag');
  hoverOver({ kind: 'node', nodeId: 'a' });
  expect(wiringStore.getState().hover).toMatchObject({
    anchor: 'a',
    verdict: {
      ok: false,
      reason: "Split A's 'images' takes an ImageDirectory, not an UntrainedModelDirectory.",
    },
  });
});

it('lists only ports that fit, in reading order, for the keyboard', () => {
  beginWire({ ref: ['a', 'second'], side: 'output' }, 'keyboard');
  const { wiring } = wiringStore.getState();
  expect(wiring && fittingPorts(wiring)).toEqual([
    ['train', 'training_dataset'],
    ['train', 'validation_dataset'],
    ['b', 'images'],
  ]);
});
