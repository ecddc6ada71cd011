import { MousePointer2, PanelRightClose, PanelRightOpen } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { EmptyState } from '@/components/ui/EmptyState';
import { IconButton } from '@/components/ui/IconButton';
import { Kbd } from '@/components/ui/Kbd';
import { ResizeHandle } from '@/components/ui/ResizeHandle';
import { Skeleton } from '@/components/ui/Skeleton';
import { Tabs } from '@/components/ui/Tabs';
import { NodePanel } from '@/features/parameters/NodePanel';
import { PipelineSettings } from '@/features/parameters/PipelineSettings';
import { documentStore, useDocument } from '@/lib/document/documentStore';
import { useModuleSpec } from '@/lib/modules/catalog';
import { ErrorBoundary } from './ErrorBoundary';
import styles from './Inspector.module.css';
import { type InspectorTab, useLayout } from './layout';

const NodeOutputs = lazy(() =>
  import('@/features/results/NodeOutputs').then((module) => ({ default: module.NodeOutputs })),
);
const NodeMetrics = lazy(() =>
  import('@/features/runs/NodeMetrics').then((module) => ({ default: module.NodeMetrics })),
);
const NodeRunStrip = lazy(() =>
  import('@/features/runs/NodeRunStrip').then((module) => ({ default: module.NodeRunStrip })),
);
const SinceThen = lazy(() =>
  import('@/features/runs/SinceThen').then((module) => ({ default: module.SinceThen })),
);
const NodeLogs = lazy(() =>
  import('@/features/runs/NodeLogs').then((module) => ({ default: module.NodeLogs })),
);

/** The panel on the right: what is selected, or the pipeline itself. */
export function Inspector() {
  const { inspectorOpen, inspectorWidth, set } = useLayout();
  if (!inspectorOpen) {
    return (
      <div className={styles.folded}>
        <IconButton
          label="Show the inspector"
          shortcut="Mod+I"
          tooltipSide="left"
          icon={<PanelRightOpen />}
          onClick={() => set({ inspectorOpen: true })}
        />
      </div>
    );
  }
  return (
    <aside className={styles.inspector} style={{ width: inspectorWidth }} aria-label="Inspector">
      <ResizeHandle
        label="Width of the inspector"
        edge="left"
        size={inspectorWidth}
        minimum={300}
        maximum={720}
        onResize={(width) => set({ inspectorWidth: width })}
      />
      <InspectorContent />
    </aside>
  );
}

export function InspectorContent() {
  const selected = useDocument((state) => state.selection);
  const [nodeId] = selected;
  return (
    <ErrorBoundary what="The inspector" resetKey={nodeId ?? null}>
      {nodeId === undefined ? (
        <PipelineInspector />
      ) : selected.size > 1 ? (
        <ManyInspector count={selected.size} />
      ) : (
        <NodeInspector key={nodeId} nodeId={nodeId} />
      )}
    </ErrorBoundary>
  );
}

function Fold() {
  const set = useLayout((layout) => layout.set);
  return (
    <span className={styles.fold}>
      <IconButton
        label="Fold the inspector"
        shortcut="Mod+I"
        size="sm"
        icon={<PanelRightClose />}
        onClick={() => set({ inspectorOpen: false })}
      />
    </span>
  );
}

function PipelineInspector() {
  const nodes = useDocument((state) => state.order.length);
  const wires = useDocument((state) => state.wires.length);
  return (
    <div className={styles.scroll}>
      <header className={styles.head}>
        <div className={styles.titles}>
          <h2 className={styles.title}>Pipeline</h2>
          <p className={styles.about}>
            {nodes} {nodes === 1 ? 'node' : 'nodes'}, {wires} {wires === 1 ? 'wire' : 'wires'}
          </p>
        </div>
        <Fold />
      </header>
      <PipelineSettings />
      <Hints />
    </div>
  );
}

const HINTS: readonly [string, string][] = [
  ['Mod+Enter', 'Submit'],
  ['Mod+Z', 'Undo'],
  ['Mod+F', 'Find a node'],
  ['Shift+1', 'Fit to the screen'],
  ['?', 'All shortcuts'],
];

function Hints() {
  return (
    <section className={styles.hints} aria-label="Hints">
      <p>Select a node to set its parameters. Double-click the canvas to add one.</p>
      <dl>
        {HINTS.map(([keys, what]) => (
          <div key={keys}>
            <dt>{what}</dt>
            <dd>
              <Kbd keys={keys} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function ManyInspector({ count }: { count: number }) {
  return (
    <>
      <header className={styles.head}>
        <div className={styles.titles}>
          <h2 className={styles.title}>{count} nodes</h2>
        </div>
        <Fold />
      </header>
      <EmptyState icon={<MousePointer2 />} title={`${count} nodes are selected`}>
        Select a single one to see its parameters. <Kbd keys="Mod+D" /> duplicates them, <Kbd keys="Delete" />{' '}
        deletes them.
      </EmptyState>
    </>
  );
}

function NodeInspector({ nodeId }: { nodeId: string }) {
  const moduleId = useDocument((state) => state.nodes[nodeId]?.module ?? '');
  const label = useDocument((state) => state.nodes[nodeId]?.label ?? '');
  const spec = useModuleSpec(moduleId);
  const viewing = useDocument((state) => state.viewing !== null);
  const { inspectorTab, set } = useLayout();
  const { setLabel, endBurst } = documentStore.getState();
  return (
    <>
      <header className={styles.head}>
        <div className={styles.titles}>
          <input
            className={styles.name}
            data-draft-fields
            aria-label="Name of the node"
            readOnly={viewing}
            value={label}
            placeholder={spec?.title ?? moduleId}
            maxLength={200}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => setLabel(nodeId, event.target.value)}
            onBlur={endBurst}
            onKeyDown={(event) => {
              if (event.key === 'Enter' || event.key === 'Escape') event.currentTarget.blur();
            }}
          />
          <p className={styles.about} title={spec?.help}>
            {label.trim() === '' ? firstSentence(spec?.help ?? '') : (spec?.title ?? moduleId)}
          </p>
        </div>
        <Fold />
      </header>
      <Suspense fallback={null}>
        <NodeRunStrip nodeId={nodeId} onShowFailure={() => set({ inspectorTab: 'outputs' })} />
      </Suspense>
      <Tabs
        label="About this node"
        value={inspectorTab}
        onValueChange={(tab) => set({ inspectorTab: tab as InspectorTab })}
        items={[
          { id: 'parameters', label: 'Parameters', content: <Parameters nodeId={nodeId} /> },
          { id: 'outputs', label: 'Outputs', content: <Later content={<NodeOutputs nodeId={nodeId} />} /> },
          { id: 'metrics', label: 'Metrics', content: <Later content={<NodeMetrics nodeId={nodeId} />} /> },
          { id: 'logs', label: 'Logs', content: <Later content={<NodeLogs nodeId={nodeId} />} /> },
        ]}
      />
    </>
  );
}

/** While a run is looked at as it was, its fields can be read and not changed. */
function Parameters({ nodeId }: { nodeId: string }) {
  const viewing = useDocument((state) => state.viewing !== null);
  return (
    <fieldset disabled={viewing} className={styles.plain} aria-label="Parameters" data-draft-fields>
      {viewing && (
        <Suspense fallback={null}>
          <SinceThen nodeId={nodeId} />
        </Suspense>
      )}
      <NodePanel nodeId={nodeId} />
    </fieldset>
  );
}

function Later({ content }: { content: React.ReactNode }) {
  return (
    <Suspense
      fallback={
        <div className={styles.loading}>
          <Skeleton height={18} lines={5} />
        </div>
      }
    >
      {content}
    </Suspense>
  );
}

function firstSentence(text: string): string {
  return /^.*?[.!?](?=\s|$)/s.exec(text)?.[0] ?? text;
}
