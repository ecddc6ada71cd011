import type { PipelineDocument } from '@/lib/document/types';
import { api } from '@/services/http';
import type { ErrorRecord, Validation } from '@/services/types.generated';

/** Import and export of documents as JSON files. */

export const LARGEST_FILE = 20 * 1024 * 1024;

export type ImportResult =
  | {
      readonly kind: 'document';
      /** The document itself, or a model that was made by it. */
      readonly source: 'pipeline' | 'model';
      readonly document: PipelineDocument;
      readonly faults: readonly ErrorRecord[];
    }
  | { readonly kind: 'refused'; readonly message: string; readonly faults: readonly ErrorRecord[] };

/** Read a file and let the server check it. What is merely unfinished can be opened; what is no document can't. */
export async function readDocument(file: File): Promise<ImportResult> {
  if (file.size > LARGEST_FILE) {
    return refused(`‘${file.name}’ is larger than 20 MB, too large for a pipeline.`);
  }
  const parsed = parseJson(await file.text());
  if ('problem' in parsed) return refused(`‘${file.name}’ is not JSON: ${parsed.problem}`);
  const model = modelFormat(parsed.value);
  const value = model ? (parsed.value as { pipeline?: unknown }).pipeline : parsed.value;
  if (!looksLikeDocument(value)) return refused(`‘${file.name}’ ${model ? LONELY[model] : FOREIGN}`);
  const { faults } = await api.post<Validation>('validate', { pipeline: value });
  return { kind: 'document', source: model ? 'model' : 'pipeline', document: withDefaults(value), faults };
}

const FOREIGN =
  'is JSON, but not a Torchwire pipeline: it lacks "format": "torchwire/pipeline" or its nodes.';

/** What is said of a model without its pipeline. */
const LONELY = {
  'torchwire/model':
    'is a trained model that doesn’t carry its pipeline. It was trained before Torchwire kept that, or by another program.',
  'torchwire/untrained-model':
    'is an untrained model, which carries no pipeline. Take the output of Train PyTorch Model.',
};

function modelFormat(value: unknown): keyof typeof LONELY | null {
  const format = (value as { format?: unknown } | null)?.format;
  return format === 'torchwire/model' || format === 'torchwire/untrained-model' ? format : null;
}

function refused(message: string): ImportResult {
  return { kind: 'refused', message, faults: [] };
}

function parseJson(text: string): { value: unknown } | { problem: string } {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : 'it can’t be parsed' };
  }
}

type LooseDocument = Partial<PipelineDocument> & Pick<PipelineDocument, 'format' | 'nodes'>;

export function looksLikeDocument(value: unknown): value is LooseDocument {
  const record = value as Partial<PipelineDocument> | null;
  return typeof record === 'object' && record?.format === 'torchwire/pipeline' && Array.isArray(record.nodes);
}

/** Documents written by hand may leave out what has a default. */
function withDefaults(document: LooseDocument): PipelineDocument {
  return {
    ...document,
    version: 1,
    name: document.name ?? 'Imported pipeline',
    description: document.description ?? '',
    default_compute_target: document.default_compute_target ?? 'local-cpu',
    wires: document.wires ?? [],
  };
}

/** Hand the document to the person as a file. */
export function downloadDocument(document: PipelineDocument): void {
  const blob = new Blob([`${JSON.stringify(document, null, 2)}\n`], { type: 'application/json' });
  const link = window.document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = `${fileName(document.name)}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export function fileName(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/[^\p{Letter}\p{Number}]+/gu, '-')
    .replace(/^-+|-+$/g, '');
  return plain.toLowerCase().slice(0, 80) || 'pipeline';
}
