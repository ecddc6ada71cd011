import { expect, it } from 'vitest';
import { summaryOf } from './summary';
import { CATALOG } from './testing';

const train = CATALOG.modules.find(({ id }) => id === 'train');

it('names what differs from the defaults, and nothing else', () => {
  expect(train && summaryOf(train, { epochs: 9, batch_size: 16 }).items).toEqual([
    { label: 'Epochs', value: '9' },
  ]);
});

it('counts what there is no room for', () => {
  expect(train && summaryOf(train, { epochs: 9, batch_size: 8 }, 1)).toMatchObject({ more: 1 });
});

it('asks for required values that are not there', () => {
  const spec = train && {
    ...train,
    parameters: train.parameters.map((one) => ({ ...one, required: true, default: null })),
  };
  expect(spec && summaryOf(spec, { epochs: 3 })).toMatchObject({
    missing: ['Choose batch size'],
    items: [{ value: '3' }],
  });
});
