import { Cpu, MessageSquareText, RefreshCw } from 'lucide-react';
import type { ReactNode } from 'react';
import { useDocument } from '@/lib/document/documentStore';
import { useNodeFaults } from '@/lib/document/faultStore';
import { ModuleIcon } from '@/lib/modules/ModuleIcon';
import { useRunState } from '@/lib/run/runStore';
import { useCanvasUi } from './canvasUi';
import styles from './NodeFrame.module.css';
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
  readonly children: ReactNode;
}

/** The card that every node is: its name, its marks, and what other features say about it. */
export function NodeFrame({ nodeId, moduleId, title, selected, missing = false, children }: NodeFrameProps) {
  const { NodeStatus, NodeFace } = useSlots();
  const label = useDocument((state) => state.nodes[nodeId]?.label.trim() ?? '');
  const runStatus = useRunState((view) => view.run?.nodes[nodeId]?.status);
  const aim = useWiring(({ wiring, hover }) => {
    if (!wiring || hover?.anchor !== nodeId) return undefined;
    return 'refusing';
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
    >
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
        <Marks nodeId={nodeId} />
        {NodeStatus && <NodeStatus nodeId={nodeId} moduleId={moduleId} />}
      </header>
      {children}
      {NodeFace && (
        <div className={styles.face}>
          <NodeFace nodeId={nodeId} moduleId={moduleId} />
        </div>
      )}
      <Faults nodeId={nodeId} />
    </div>
  );
}

/** Small signs for what is special about a node: a comment, a target of its own, no reuse. */
function Marks({ nodeId }: { nodeId: string }) {
  const comment = useDocument((state) => state.nodes[nodeId]?.comment.trim() ?? '');
  const target = useDocument((state) => state.nodes[nodeId]?.compute_target ?? null);
  const regenerates = useDocument((state) => state.nodes[nodeId]?.regenerate_output ?? false);
  if (comment === '' && target === null && !regenerates) return null;
  return (
    <span className={styles.marks}>
      {comment !== '' && (
        <span className={styles.mark} data-hint={comment}>
          <MessageSquareText role="img" aria-label={`Comment: ${comment}`} />
        </span>
      )}
      {regenerates && (
        <span className={styles.mark} data-hint="Runs every time; earlier outputs are not reused.">
          <RefreshCw role="img" aria-label="Runs every time" />
        </span>
      )}
      {target !== null && (
        <span
          className={styles.target}
          data-hint={`Runs on ${target}, not on the pipeline’s default target.`}
        >
          <Cpu aria-hidden />
          {target}
        </span>
      )}
    </span>
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
