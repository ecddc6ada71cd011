import { beforeEach, expect, it, vi } from 'vitest';
import { documentStore } from './documentStore';
import { chain } from './testing';
import { whileStep } from './whileStep';

beforeEach(() => {
  documentStore.getState().load({ id: 'p', revision: 1, document: chain() });
  documentStore.getState().setName('One');
  documentStore.getState().endBurst();
});

it('is over when the step is taken back, once', () => {
  const over = vi.fn();
  whileStep(over);
  documentStore.getState().setLabel('a', 'Two');
  expect(over).not.toHaveBeenCalled();
  documentStore.getState().undo();
  documentStore.getState().undo();
  documentStore.getState().redo();
  expect(over).toHaveBeenCalledOnce();
});

it('is over at the next step where only the newest counts', () => {
  const over = vi.fn();
  whileStep(over, { newest: true });
  documentStore.getState().setLabel('a', 'Two');
  expect(over).toHaveBeenCalledOnce();
});
