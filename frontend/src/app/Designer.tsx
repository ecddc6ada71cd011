import { ChevronDown, ChevronUp } from 'lucide-react';
import { lazy, Suspense, useEffect } from 'react';
import { Canvas } from '@/features/canvas/Canvas';
import type { CanvasSlots } from '@/features/canvas/slots';
import { ImportDrop } from '@/features/projects/ImportDrop';
import { StaleBanner } from '@/features/projects/StaleBanner';
import { NodeFace } from '@/features/runs/NodeFace';
import { NodeStatus } from '@/features/runs/NodeStatus';
import { RunStatusBar } from '@/features/runs/RunStatusBar';
import { useRunTitle } from '@/features/runs/useRunTitle';
import { canvasApi, revealNode } from '@/lib/canvas/canvasApi';
import { documentStore, useDocument } from '@/lib/document/documentStore';
import { afterFirstSight } from '@/lib/firstSight';
import { navigate, paths } from '@/lib/navigation';
import { closeOutput, useOpenOutput } from '@/lib/outputAddress';
import { runStore, useRunState } from '@/lib/run/runStore';
import type { Run } from '@/lib/run/types';
import styles from './Designer.module.css';
import { EditedSinceRun } from './EditedSinceRun';
import { ErrorBoundary } from './ErrorBoundary';
import { FaultBar } from './FaultBar';
import { useFaultLead } from './faultLead';
import { useLayout, useNarrow } from './layout';
import { ServerBanner } from './ServerBanner';
import { Sidebar } from './Sidebar';
import { TopBar } from './TopBar';
import { takeOtherFile } from './datasets';
import { WithUploadDialog } from './UploadDialog';
import { useAppCommands } from './useAppCommands';
import { useClearedNotice } from './useClearedNotice';
import { viewRun } from './viewRun';

const Inspector = lazy(
  afterFirstSight(() => import('./Inspector').then((module) => ({ default: module.Inspector }))),
);
const InspectorContent = lazy(() =>
  import('./Inspector').then((module) => ({ default: module.InspectorContent })),
);
const SampleGallery = lazy(() =>
  import('@/features/projects/SampleGallery').then((module) => ({ default: module.SampleGallery })),
);
const HistoryDialog = lazy(() =>
  import('@/features/projects/HistoryDialog').then((module) => ({ default: module.HistoryDialog })),
);
const ShortcutsDialog = lazy(() =>
  import('./ShortcutsDialog').then((module) => ({ default: module.ShortcutsDialog })),
);
const StepsDialog = lazy(() => import('./StepsDialog').then((module) => ({ default: module.StepsDialog })));
const ReplayBar = lazy(() =>
  import('@/features/runs/ReplayBar').then((module) => ({ default: module.ReplayBar })),
);
const ViewingBar = lazy(() => import('./ViewingBar').then((module) => ({ default: module.ViewingBar })));
const OutputDialog = lazy(() =>
  import('@/features/results/ViewerDialog').then((module) => ({ default: module.OutputDialog })),
);
const RunOutline = lazy(() =>
  import('@/features/runs/RunOutline').then((module) => ({ default: module.RunOutline })),
);

const SLOTS: CanvasSlots = { NodeStatus, NodeFace };

/** The page: where the features meet. */
export function Designer() {
  const narrow = useNarrow();
  const name = useDocument((state) => state.name);
  const viewing = useDocument((state) => state.viewing !== null);
  useRunTitle(name);
  useFaultLead();
  useAppCommands();
  useClearedNotice();
  return (
    <ImportDrop onOtherFile={(file) => void takeOtherFile(file)}>
      {(chooseFile) => (
        <div className={styles.page}>
          <TopBar onImport={chooseFile} />
          <ServerBanner />
          <StaleBanner />
          <FaultBar />
          {viewing && (
            <Suspense fallback={null}>
              <ViewingBar />
            </Suspense>
          )}
          <div className={styles.middle}>
            <Sidebar onImport={chooseFile} />
            <main className={styles.canvas}>
              <ErrorBoundary what="The canvas">
                <Canvas
                  slots={SLOTS}
                  readOnly={narrow || viewing}
                  onOpenInspector={openInspector}
                  onOpenSample={openSamples}
                />
              </ErrorBoundary>
            </main>
            {!narrow && (
              <Suspense fallback={<InspectorPlace />}>
                <WithUploadDialog>
                  <Inspector />
                </WithUploadDialog>
              </Suspense>
            )}
          </div>
          {narrow && <Sheet />}
          <Replay />
          <footer className={styles.status}>
            {!viewing && <EditedSinceRun />}
            <RunStatusBar
              onLeadTo={leadTo}
              onClose={closeRun}
              onView={() => void viewRun()}
              onContinued={showContinued}
              onReplay={toggleReplay}
            />
          </footer>
          <Dialogs />
          <Viewer />
        </div>
      )}
    </ImportDrop>
  );
}

/** Holds the inspector's place while its code is on the way. */
function InspectorPlace() {
  const { inspectorOpen, inspectorWidth } = useLayout();
  return <div className={styles.inspectorPlace} style={{ width: inspectorOpen ? inspectorWidth : 41 }} />;
}

function openInspector(): void {
  useLayout.getState().set({ inspectorOpen: true, sheetOpen: true });
}

function openSamples(): void {
  useLayout.getState().set({ dialog: 'samples' });
}

function showContinued(run: Pick<Run, 'id' | 'pipeline_id'>): void {
  const owner = run.pipeline_id ?? documentStore.getState().pipelineId;
  if (owner !== null) navigate(paths.run(owner, run.id));
}

function toggleReplay(): void {
  const { replaying, set } = useLayout.getState();
  const { runId } = runStore.getState();
  set({ replaying: replaying === runId ? null : runId });
}

/** The slider over the time of the shown run, once it is asked for. */
function Replay() {
  const runId = useRunState((view) => view.runId);
  const ready = useRunState((view) => view.run !== null);
  const { replaying, set } = useLayout();
  if (runId === null || replaying !== runId || !ready) return null;
  return (
    <Suspense fallback={null}>
      <ReplayBar key={runId} runId={runId} onClose={() => set({ replaying: null })} />
    </Suspense>
  );
}

function leadTo(nodeId: string): void {
  revealNode(nodeId, { select: true });
}

function closeRun(): void {
  documentStore.getState().endView();
  const { pipelineId } = documentStore.getState();
  if (pipelineId !== null) navigate(paths.pipeline(pipelineId));
}

/** On a narrow screen: the selected node, or the run as a list, in a sheet that can be drawn up. */
function Sheet() {
  const { sheetOpen, set } = useLayout();
  const hasRun = useRunState((view) => view.run !== null);
  const [nodeId] = useDocument((state) => state.selection);
  useFitBesideSheet(sheetOpen);
  const title = nodeId !== undefined ? 'Node' : hasRun ? 'Run' : 'Pipeline';
  return (
    <section className={styles.sheet} data-open={sheetOpen || undefined} aria-label={title}>
      <div className={styles.handle}>
        <button type="button" aria-expanded={sheetOpen} onClick={() => set({ sheetOpen: !sheetOpen })}>
          {sheetOpen ? <ChevronDown aria-hidden /> : <ChevronUp aria-hidden />}
          {title}
        </button>
        {nodeId !== undefined && hasRun && (
          <button type="button" onClick={() => documentStore.getState().clearSelection()}>
            All nodes
          </button>
        )}
      </div>
      {sheetOpen && (
        <div className={styles.sheetBody}>
          <Suspense fallback={null}>
            {nodeId === undefined && hasRun ? <RunOutline onSelect={leadTo} /> : <InspectorContent />}
          </Suspense>
        </div>
      )}
    </section>
  );
}

/** The sheet takes half of the canvas; what was looked at moves into the other half. */
function useFitBesideSheet(open: boolean): void {
  useEffect(() => {
    const timer = setTimeout(() => {
      const [nodeId] = documentStore.getState().selection;
      if (nodeId === undefined) canvasApi()?.fit();
      else revealNode(nodeId);
    }, 120);
    return () => clearTimeout(timer);
  }, [open]);
}

/** The output that the address opens, as large as the window. */
function Viewer() {
  const open = useOpenOutput();
  if (open === null) return null;
  return (
    <Suspense fallback={null}>
      <OutputDialog key={`${open.nodeId}:${open.port}`} {...open} onClose={closeOutput} />
    </Suspense>
  );
}

function Dialogs() {
  const { dialog, set } = useLayout();
  const pipelineId = useDocument((state) => state.pipelineId);
  const close = (open: boolean) => {
    if (!open) set({ dialog: null });
  };
  return (
    <Suspense fallback={null}>
      {dialog === 'samples' && <SampleGallery open onOpenChange={close} />}
      {dialog === 'history' && pipelineId !== null && (
        <HistoryDialog open onOpenChange={close} pipelineId={pipelineId} />
      )}
      {dialog === 'steps' && <StepsDialog open onOpenChange={close} />}
      {dialog === 'shortcuts' && <ShortcutsDialog open onOpenChange={close} />}
    </Suspense>
  );
}
