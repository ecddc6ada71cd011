import type { ExportedRecord } from '@/services/types.generated';

/** A few lines of Python that ask an exported model about a batch, as Markdown. */
export function usageOf({ format, file, input }: ExportedRecord): string {
  const sides = input.shape.slice(1).join(', ');
  const lines =
    format === 'onnx'
      ? [
          'import numpy as np',
          'import onnxruntime',
          '',
          `session = onnxruntime.InferenceSession("${file}")`,
          `images = np.zeros((1, ${sides}), dtype=np.${input.type})  # prepared as above`,
          `(logits,) = session.run(None, {"${input.name}": images})`,
          'names = open("categories.txt", encoding="utf-8").read().splitlines()',
          'print(names[int(logits[0].argmax())])',
        ]
      : [
          'import torch',
          '',
          `model = torch.export.load("${file}").module()`,
          `images = torch.zeros(1, ${sides})  # prepared as above`,
          'logits = model(images)',
          'names = open("categories.txt", encoding="utf-8").read().splitlines()',
          'print(names[int(logits[0].argmax())])',
        ];
  return ['```python', ...lines, '```'].join('\n');
}
