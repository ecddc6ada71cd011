import { CircleCheck, Download } from 'lucide-react';

import { Badge } from '@/components/ui/Badge';
import { Button } from '@/components/ui/Button';
import { bytes, counted } from '@/lib/run/format';
import type { OutputRef } from '@/lib/run/nodeNames';
import { fileUrl } from '@/services/queries/usePreview';
import type { ExportedRecord, FilesPreview, TensorRecord } from '@/services/types.generated';

import styles from './ExportView.module.css';
import { usageOf } from './exportUsage';
import { Facts } from './Facts';
import { FileList } from './FilesView';
import { Markdown } from './Markdown';
import shared from './View.module.css';

interface ExportViewProps {
  output: OutputRef;
  preview: FilesPreview;
  exported: ExportedRecord;
  compact: boolean;
}

const FORMATS = { onnx: 'ONNX', 'torch.export': 'torch.export program' } as const;

/** A model as a file for other programs: what it is, how sure one can be of it, and how it is used. */
export function ExportView({ output, preview, exported, compact }: ExportViewProps) {
  const href = fileUrl(output, exported.file);
  if (compact) {
    return (
      <div className={shared.glance}>
        <Checked exported={exported} />
        <Facts
          facts={[
            { label: 'Format', value: FORMATS[exported.format] },
            {
              label: 'File',
              value: (
                <a href={href} download>
                  {exported.file} ({bytes(exported.size)})
                </a>
              ),
            },
          ]}
        />
      </div>
    );
  }
  return (
    <div className={shared.view}>
      <div className={styles.top}>
        <Facts
          large
          facts={[
            { label: 'Format', value: FORMATS[exported.format] },
            { label: 'Size', value: bytes(exported.size) },
            { label: 'Network', value: exported.model_name },
            { label: 'Categories', value: exported.categories.length },
            { label: 'Differs by at most', value: exported.largest_difference.toPrecision(2) },
          ]}
        />
        <Checked exported={exported} />
        <Button
          variant="primary"
          icon={<Download />}
          onClick={() => {
            window.location.assign(href);
          }}
        >
          Download {exported.file}
        </Button>
      </div>
      <section>
        <h3 className={shared.heading}>Files</h3>
        <FileList output={output} preview={preview} files={preview.files} />
      </section>
      <section>
        <h3 className={shared.heading}>In and out</h3>
        <Facts
          facts={[
            { label: `Input ${exported.input.name}`, value: shapeOf(exported.input) },
            { label: `Output ${exported.output.name}`, value: shapeOf(exported.output) },
          ]}
        />
      </section>
      <section>
        <h3 className={shared.heading}>What is done to an image first</h3>
        <ol className={styles.steps}>
          {exported.preprocessing.map((step, index) => (
            <li key={index}>{step}</li>
          ))}
        </ol>
      </section>
      <section>
        <h3 className={shared.heading}>Categories, in the order of the output</h3>
        <p className={shared.chips}>
          {exported.categories.map((category) => (
            <Badge key={category}>{category}</Badge>
          ))}
        </p>
      </section>
      <section>
        <h3 className={shared.heading}>Using it</h3>
        <Markdown text={usageOf(exported)} />
      </section>
    </div>
  );
}

function Checked({ exported }: { exported: ExportedRecord }) {
  return (
    <p className={styles.checked}>
      <CircleCheck aria-hidden />
      <span>
        Asked about {counted(exported.images, 'image')}, it gives the labels that the original gives;
        probabilities differ by {exported.largest_difference.toPrecision(2)} at most, and{' '}
        {String(exported.tolerance)} was allowed.
      </span>
    </p>
  );
}

function shapeOf({ shape, type }: TensorRecord): string {
  return `${shape.map((side) => (typeof side === 'string' ? `any ${side}` : side)).join(' × ')}, ${type}`;
}
