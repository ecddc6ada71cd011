import { expect, it } from 'vitest';
import { fileName, looksLikeDocument, readDocument } from './exchange';

const file = (text: string, name = 'a.json') => new File([text], name, { type: 'application/json' });

it('makes a file name of any pipeline name', () => {
  expect(fileName('Image classification using DenseNet')).toBe('image-classification-using-densenet');
  expect(fileName('…/..')).toBe('pipeline');
});

it('tells a document from other JSON', () => {
  expect(looksLikeDocument({ format: 'torchwire/pipeline', nodes: [] })).toBe(true);
  expect(looksLikeDocument({ nodes: [] })).toBe(false);
  expect(looksLikeDocument(null)).toBe(false);
});

it('names the file that is not JSON', async () => {
  const result = await readDocument(file('{"format":', 'broken.json'));
  expect(result.kind).toBe('refused');
  expect(result.kind === 'refused' && result.message).toMatch(/‘broken.json’ is not JSON/);
});

it('says what JSON of another kind lacks', async () => {
  const result = await readDocument(file('[1, 2]'));
  expect(result.kind === 'refused' && result.message).toMatch(/not a Torchwire pipeline/);
});

it('says plainly that a model has no pipeline', async () => {
  const refusal = async (format: string) => {
    const result = await readDocument(file(JSON.stringify({ format, version: 1 }), 'model.json'));
    return result.kind === 'refused' ? result.message : '';
  };
  expect(await refusal('torchwire/model')).toMatch(/trained model that doesn’t carry its pipeline/);
  expect(await refusal('torchwire/untrained-model')).toMatch(/untrained model/);
});
