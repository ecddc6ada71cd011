import { Cpu, MessageSquareText, RefreshCw } from 'lucide-react';
import type { CSSProperties, ReactNode } from 'react';
import { useDocument } from '@/lib/document/documentStore';
import { useNodeFaults } from '@/lib/document/faultStore';
import { useCatalog } from '@/lib/modules/catalog';
import { ModuleIcon } from '@/lib/modules/ModuleIcon';
import { nodeOf, useRunState } from '@/lib/run/runStore';
import { useCanvasUi } from './canvasUi';
import styles from './NodeFrame.module.css';
import { RemarkMark } from './RemarkMark';
import { RenameField } from './RenameField';
import { useSlots } from './slots';
import { useWiring } from './wiring';

interface NodeFrameProps {
  readonly nodeId: string;
  readonly moduleId: string;
  /** The module's title; the node's own label stands above it when it has one. */
  readonly title: string;
  readonly selected: boolean;
  readonly missing?: boolean;
  /** It shows curves while it runs; their place is kept from the start. */
  readonly learns?: boolean;
  readonly inputs: ReactNode;
  readonly outputs: ReactNode;
  readonly children: ReactNode;
}

/** The card that every node is: its name, its marks, and what other features say about it. */
export function NodeFrame({
  nodeId,
  moduleId,
  title,
  selected,
  missing = false,
  learns = false,
  inputs,
  outputs,
  children,
}: NodeFrameProps) {
  const { NodeStatus, NodeFace } = useSlots();
  const label = useDocument((state) => state.nodes[nodeId]?.label.trim() ?? '');
  const runStatus = useRunState(({ run }) => nodeOf(run, nodeId)?.status);
  const aim = useWiring(({ wiring, hover }) => {
    if (!wiring || hover?.anchor !== nodeId) return undefined;
    return 'refusing';
  });
  const hue = useCatalog((state) => {
    const type = state.modules.get(moduleId)?.outputs[0]?.type;
    return type === undefined ? undefined : state.types.get(type)?.hue;
  });
  const renaming = useCanvasUi((state) => state.renaming === nodeId);
  return (
    <div
      className={styles.node}
      data-node-id={nodeId}
      data-module={moduleId}
      data-selected={selected || undefined}
      data-missing={missing || undefined}
      data-run={runStatus}
      data-aim={aim}
      style={hue === undefined ? undefined : ({ '--hue': hue } as CSSProperties)}
    >
      {inputs}
      <div className={styles.content}>
        <header className={styles.header}>
          <ModuleIcon moduleId={moduleId} />
          <div className={styles.names}>
            {renaming ? (
              <RenameField nodeId={nodeId} label={label} placeholder={title} />
            ) : (
              <span className={styles.title}>{label || title}</span>
            )}
            {label !== '' && <span className={styles.module}>{title}</span>}
          </div>
          <Comment nodeId={nodeId} />
          {NodeStatus && <NodeStatus nodeId={nodeId} moduleId={moduleId} />}
        </header>
        {children}
        <Marks nodeId={nodeId} />
        {NodeFace && (
          <div className={styles.face} data-learns={learns || undefined}>
            <NodeFace nodeId={nodeId} moduleId={moduleId} />
          </div>
        )}
      </div>
      {outputs}
      <RemarkMark nodeId={nodeId} />
      <Faults nodeId={nodeId} />
    </div>
  );
}

function Comment({ nodeId }: { nodeId: string }) {
  const comment = useDocument((state) => state.nodes[nodeId]?.comment.trim() ?? '');
  if (comment === '') return null;
  return (
    <span className={styles.comment} data-hint={comment}>
      <MessageSquareText role="img" aria-label={`Comment: ${comment}`} />
    </span>
  );
}

/** What is special about where and when the node runs. */
function Marks({ nodeId }: { nodeId: string }) {
  const target = useDocument((state) => state.nodes[nodeId]?.compute_target ?? null);
  const regenerates = useDocument((state) => state.nodes[nodeId]?.regenerate_output ?? false);
  if (target === null && !regenerates) return null;
  return (
    <p className={styles.marks}>
      {target !== null && (
        <span className={styles.mark} data-hint={`Runs on ${target}, not on the pipeline’s default target.`}>
          <Cpu aria-hidden />
          {target}
        </span>
      )}
      {regenerates && (
        <span className={styles.mark} data-hint="Runs every time: earlier outputs are not reused.">
          <RefreshCw aria-hidden />
          Every time
        </span>
      )}
    </p>
  );
}

function Faults({ nodeId }: { nodeId: string }) {
  const faults = useNodeFaults(nodeId);
  if (faults.length === 0) return null;
  const words = faults.map((fault) => fault.message).join('\n');
  return (
    <span
      className={styles.faults}
      role="img"
      aria-label={`${faults.length === 1 ? '1 fault' : `${faults.length} faults`}: ${words}`}
      data-hint={words}
      data-hint-tone="danger"
    >
      {faults.length === 1 ? '!' : faults.length}
    </span>
  );
}
