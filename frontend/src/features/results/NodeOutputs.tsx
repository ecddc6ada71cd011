import { Check, Copy, Download, Maximize2, PackageOpen } from 'lucide-react';

import { Button } from '@/components/ui/Button';
import { EmptyState } from '@/components/ui/EmptyState';
import { IconButton } from '@/components/ui/IconButton';
import { Skeleton } from '@/components/ui/Skeleton';
import { useCatalog } from '@/lib/modules/catalog';
import { openOutput } from '@/lib/outputAddress';
import { bytes, counted, duration } from '@/lib/run/format';
import { useNodeOutputs, useRunNodeTitle } from '@/lib/run/nodeNames';
import type { OutputRef } from '@/lib/run/nodeNames';
import { useNodeRun, useRunState } from '@/lib/run/runStore';
import type { NodeRun } from '@/lib/run/types';
import { useCopy } from '@/lib/useCopy';
import { downloadUrl } from '@/services/queries/usePreview';

import { FailureCard } from './FailureCard';
import styles from './NodeOutputs.module.css';
import { OutputView } from './OutputView';

/** What a node made in the run that is shown, each output with a glance at it; or why there is nothing. */
export function NodeOutputs({ nodeId }: { nodeId: string }) {
  const runId = useRunState((view) => view.runId);
  const loading = useRunState((view) => view.runId !== null && view.run === null && view.error === null);
  const node = useNodeRun(nodeId);
  const outputs = useNodeOutputs(nodeId);

  if (loading) {
    return (
      <div className={styles.outputs}>
        <Skeleton height={120} lines={2} />
      </div>
    );
  }
  if (runId === null || node === undefined) {
    return (
      <EmptyState icon={<PackageOpen />} title="No outputs yet">
        Submit the pipeline; what this node makes can be looked at and downloaded here.
      </EmptyState>
    );
  }
  return (
    <div className={styles.outputs}>
      {node.error !== null && <FailureCard nodeId={nodeId} error={node.error} />}
      {outputs.length === 0 && node.error === null && <Nothing node={node} />}
      {outputs.length > 0 && <Origin node={node} />}
      {outputs.map((output) => (
        <OutputCard
          key={output.port}
          output={output}
          onOpen={() => {
            openOutput(nodeId, output.port);
          }}
        />
      ))}
    </div>
  );
}

function Nothing({ node }: { node: NodeRun }) {
  const because = useRunNodeTitle(node.skipped_because);
  switch (node.status) {
    case 'skipped':
      return (
        <EmptyState icon={<PackageOpen />} title="Skipped">
          {because === null
            ? 'A node before it did not complete.'
            : `${because} did not complete, and this node needs what it makes.`}
        </EmptyState>
      );
    case 'cancelled':
      return (
        <EmptyState icon={<PackageOpen />} title="Cancelled">
          The run was cancelled before this node was done. Nothing half-made is kept.
        </EmptyState>
      );
    case 'failed':
      return null;
    default:
      return (
        <EmptyState icon={<PackageOpen />} title="Not there yet">
          Outputs appear when the node is done.
        </EmptyState>
      );
  }
}

function Origin({ node }: { node: NodeRun }) {
  const words = node.reused
    ? `Reused from an earlier run${node.seconds_saved === null ? '' : `; that saved ${duration(node.seconds_saved)}`}.`
    : node.why === null
      ? null
      : `Made in this run (${node.why}).`;
  return words === null ? null : <p className={styles.origin}>{words}</p>;
}

function OutputCard({ output, onOpen }: { output: OutputRef; onOpen: () => void }) {
  const type = useCatalog((catalog) => catalog.types.get(output.type));
  return (
    <section className={styles.card} aria-label={output.label}>
      <header className={styles.head}>
        <span
          className={styles.dot}
          style={{ background: `oklch(var(--port-l) var(--port-c) ${type?.hue ?? 0})` }}
          aria-hidden
        />
        <h3 className={styles.label}>{output.label}</h3>
        <Button size="sm" icon={<Maximize2 />} onClick={onOpen}>
          Open
        </Button>
        <IconButton
          label="Download as a zip"
          size="sm"
          icon={<Download />}
          onClick={() => {
            window.location.assign(downloadUrl(output));
          }}
        />
      </header>
      <p className={styles.facts}>
        <span>{type?.title ?? output.type}</span>
        <span>{bytes(output.size)}</span>
        <span>{counted(output.files, 'file')}</span>
        <Digest digest={output.digest} />
      </p>
      <div className={styles.glance}>
        <OutputView output={output} compact />
      </div>
    </section>
  );
}

/** The start of a digest; the whole of it is copied. */
function Digest({ digest }: { digest: string }) {
  const [copied, copy] = useCopy();
  return (
    <button
      type="button"
      className={styles.digest}
      title={digest}
      aria-label={copied ? 'Digest copied' : 'Copy the digest'}
      onClick={() => copy(digest)}
    >
      {digest.slice(0, 8)}
      {copied ? <Check /> : <Copy />}
    </button>
  );
}
