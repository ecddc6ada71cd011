/** Documents to run, small enough for a test: the DenseNet sample with a small network and few epochs. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const EXAMPLES = resolve(import.meta.dirname, '../../examples');

export interface PipelineNode {
  id: string;
  module: string;
  parameters: Record<string, unknown>;
  position: [number, number];
}

export interface PipelineDocument {
  name: string;
  nodes: PipelineNode[];
  wires: { from: [string, string]; to: [string, string] }[];
}

export function sample(parameters: Record<string, Record<string, unknown>> = {}): PipelineDocument {
  const text = readFileSync(join(EXAMPLES, 'image-classification-resnet.json'), 'utf8');
  const document = JSON.parse(text) as PipelineDocument;
  for (const node of document.nodes) Object.assign(node.parameters, parameters[node.module]);
  return document;
}

/** Settings that end within seconds. */
export const QUICK = {
  'split-image-directory': { fraction: 0.5 },
  'init-image-transformation': { size: 32, crop_size: 32 },
  'train-pytorch-model': { epochs: 2, batch_size: 64 },
};

/** Settings with which training goes on for longer than any test waits. */
export const LONG = {
  'init-image-transformation': { size: 32, crop_size: 32 },
  'train-pytorch-model': { epochs: 1000, batch_size: 64, patience: 1000 },
};

export async function createPipeline(url: string, document: PipelineDocument): Promise<string> {
  const answer = await fetch(`${url}/api/v1/pipelines`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ document }),
  });
  if (answer.status !== 201) throw new Error(await answer.text());
  return ((await answer.json()) as { pipeline: { id: string } }).pipeline.id;
}
