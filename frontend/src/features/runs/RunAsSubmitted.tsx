import { Background, ReactFlow, ReactFlowProvider } from '@xyflow/react';
import type { Edge } from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { Copy, X } from 'lucide-react';
import { Dialog } from 'radix-ui';
import { useMemo, useState } from 'react';
import type { ReactNode } from 'react';

import { Button } from '@/components/ui/Button';
import { EmptyState } from '@/components/ui/EmptyState';
import { IconButton } from '@/components/ui/IconButton';
import { useDocument } from '@/lib/document/documentStore';
import { nodeTitle, useCatalog } from '@/lib/modules/catalog';
import { fullMoment } from '@/lib/run/format';
import { RUN_WORDS } from '@/lib/run/runFigures';
import { useRunState } from '@/lib/run/runStore';
import type { Run } from '@/lib/run/types';

import styles from './RunAsSubmitted.module.css';
import { SubmittedNode } from './SubmittedNode';
import type { SubmittedNodeType } from './SubmittedNode';
import { changeOf, parameterLines } from './submittedChanges';
import { useCloneRun } from './useRunActions';

const NODE_TYPES = { submitted: SubmittedNode };

export interface RunAsSubmittedProps {
  onClose: () => void;
  /** What the selected node made; another feature knows how to draw that. */
  renderOutputs?: ((nodeId: string) => ReactNode) | undefined;
  /** A draft was made of the document of the run. */
  onCloned?: ((pipelineId: string) => void) | undefined;
}

/** The run that is shown, with the document that it ran: nodes, wires and parameters as they were, to be looked at. */
export function RunAsSubmitted(props: RunAsSubmittedProps) {
  const run = useRunState((view) => view.run);
  if (run === null) return null;
  return (
    <Dialog.Root
      open
      onOpenChange={(open) => {
        if (!open) props.onClose();
      }}
    >
      <Dialog.Portal>
        <Dialog.Overlay className={styles.scrim} />
        <Dialog.Content
          className={styles.content}
          aria-describedby={undefined}
          onOpenAutoFocus={(event) => {
            event.preventDefault();
          }}
        >
          <Content run={run} {...props} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Content({ run, onClose, renderOutputs, onCloned }: RunAsSubmittedProps & { run: Run }) {
  const [selected, setSelected] = useState<string | null>(null);
  const clone = useCloneRun((pipeline) => {
    onClose();
    onCloned?.(pipeline.id);
  });
  return (
    <>
      <header className={styles.header}>
        <div className={styles.heading}>
          <Dialog.Title className={styles.title}>{run.document.name}</Dialog.Title>
          <p className={styles.quiet}>
            As submitted on {fullMoment(run.created)}. {RUN_WORDS[run.status]}.
          </p>
        </div>
        <Button
          icon={<Copy />}
          busy={clone.isPending}
          onClick={() => {
            clone.mutate(run.id);
          }}
        >
          Clone into a new draft
        </Button>
        <Dialog.Close asChild>
          <IconButton label="Close" icon={<X />} />
        </Dialog.Close>
      </header>
      <div className={styles.body}>
        <ReactFlowProvider>
          <Graph document={run.document} selected={selected} onSelect={setSelected} />
        </ReactFlowProvider>
        <aside className={styles.side} aria-label="The node as it was">
          {selected === null ? (
            <EmptyState title="As it was">Select a node to see what it ran with and what it made.</EmptyState>
          ) : (
            <>
              <Parameters key={selected} document={run.document} nodeId={selected} />
              {renderOutputs?.(selected)}
            </>
          )}
        </aside>
      </div>
    </>
  );
}

interface GraphProps {
  document: Run['document'];
  selected: string | null;
  onSelect: (nodeId: string | null) => void;
}

function Graph({ document, selected, onSelect }: GraphProps) {
  const draft = useDocument((state) => state.nodes);
  const nodes = useMemo(
    () =>
      document.nodes.map((node): SubmittedNodeType => ({
        id: node.id,
        type: 'submitted',
        position: { x: node.position[0], y: node.position[1] },
        data: { moduleId: node.module, label: node.label, change: changeOf(node, draft[node.id]) },
        selected: node.id === selected,
      })),
    [document, draft, selected],
  );
  const edges = useMemo(
    () =>
      document.wires.map(({ from, to }): Edge => ({
        id: `${from.join('/')}>${to.join('/')}`,
        source: from[0],
        sourceHandle: from[1],
        target: to[0],
        targetHandle: to[1],
        focusable: false,
        selectable: false,
      })),
    [document],
  );
  return (
    <div className={styles.graph} role="region" aria-label="The pipeline as it was submitted">
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        fitView
        fitViewOptions={{ padding: 0.12, maxZoom: 1 }}
        minZoom={0.1}
        nodesDraggable={false}
        nodesConnectable={false}
        deleteKeyCode={null}
        onlyRenderVisibleElements
        onNodeClick={(_, node) => {
          onSelect(node.id);
        }}
        onNodesChange={(changes) => {
          for (const change of changes) if (change.type === 'select' && change.selected) onSelect(change.id);
        }}
        onPaneClick={() => {
          onSelect(null);
        }}
      >
        <Background color="var(--canvas-dot)" gap={20} />
      </ReactFlow>
    </div>
  );
}

function Parameters({ document, nodeId }: { document: Run['document']; nodeId: string }) {
  const draft = useDocument((state) => state.nodes[nodeId]);
  const modules = useCatalog((catalog) => catalog.modules);
  const node = document.nodes.find(({ id }) => id === nodeId);
  if (node === undefined) return null;
  const spec = modules.get(node.module);
  const lines = spec === undefined ? [] : parameterLines(spec, node, draft);
  return (
    <section className={styles.parameters}>
      <h3>{nodeTitle(node, modules)}</h3>
      {node.comment !== '' && <p className={styles.quiet}>{node.comment}</p>}
      {lines.length === 0 ? (
        <p className={styles.quiet}>It has no parameters.</p>
      ) : (
        <dl>
          {lines.map(({ id, label, value, set, now }) => (
            <div key={id} className={styles.line}>
              <dt>{label}</dt>
              <dd>
                <span className={set ? styles.set : undefined}>{value}</span>
                {now !== null && <span className={styles.now}>now {now}</span>}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}
