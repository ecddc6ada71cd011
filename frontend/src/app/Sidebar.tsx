import { Boxes, Cpu, Database, HardDrive, ListTree, ListVideo, PanelLeftClose, Workflow } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { IconButton } from '@/components/ui/IconButton';
import { ResizeHandle } from '@/components/ui/ResizeHandle';
import { Skeleton } from '@/components/ui/Skeleton';
import { Palette } from '@/features/palette/Palette';
import { useDocument } from '@/lib/document/documentStore';
import { navigate, paths } from '@/lib/navigation';
import { useRunState } from '@/lib/run/runStore';
import { usePipelines } from '@/services/queries/usePipelines';
import { addDatasetNode } from './datasets';
import { ErrorBoundary } from './ErrorBoundary';
import { type SidebarTab, useLayout, useNarrow } from './layout';
import styles from './Sidebar.module.css';
import { viewWhenThere } from './viewRun';

const RunsPanel = lazy(() =>
  import('@/features/runs/RunsPanel').then((module) => ({ default: module.RunsPanel })),
);

const DatasetsPanel = lazy(() =>
  import('@/features/datasets/DatasetsPanel').then((module) => ({ default: module.DatasetsPanel })),
);
const TargetsPanel = lazy(() =>
  import('@/features/targets/TargetsPanel').then((module) => ({ default: module.TargetsPanel })),
);

const Outline = lazy(() =>
  import('@/features/canvas/Outline').then((module) => ({ default: module.Outline })),
);
const PipelineList = lazy(() =>
  import('@/features/projects/PipelineList').then((module) => ({ default: module.PipelineList })),
);
const Dialog = lazy(() => import('@/components/ui/Dialog').then((module) => ({ default: module.Dialog })));

const TABS: readonly { id: SidebarTab; label: string; icon: ReactNode }[] = [
  { id: 'modules', label: 'Modules', icon: <Boxes /> },
  { id: 'outline', label: 'Outline', icon: <ListTree /> },
  { id: 'datasets', label: 'Data sets', icon: <Database /> },
  { id: 'pipelines', label: 'Pipelines', icon: <Workflow /> },
  { id: 'runs', label: 'Runs', icon: <ListVideo /> },
  { id: 'targets', label: 'Compute', icon: <Cpu /> },
];

interface SidebarProps {
  onImport: () => void;
}

/** What can be put on the canvas or opened: modules, data sets, pipelines, runs. */
export function Sidebar({ onImport }: SidebarProps) {
  const narrow = useNarrow();
  const { sidebarOpen, drawerOpen, sidebarTab, sidebarWidth, set, toggleSidebar } = useLayout();
  const title = TABS.find((tab) => tab.id === sidebarTab)?.label ?? '';
  if (narrow) return drawerOpen && <Drawer onImport={onImport} />;
  return (
    <aside className={styles.side} aria-label="Library">
      <nav className={styles.rail} aria-label="Library sections">
        {TABS.map((tab) => (
          <IconButton
            key={tab.id}
            label={tab.label}
            icon={tab.icon}
            size="lg"
            tooltipSide="right"
            pressed={sidebarOpen && tab.id === sidebarTab}
            onClick={() => toggleSidebar(tab.id)}
          />
        ))}
        <span className={styles.gap} />
        <IconButton
          label="Storage"
          icon={<HardDrive />}
          size="lg"
          tooltipSide="right"
          onClick={() => navigate(paths.storage)}
        />
      </nav>
      {sidebarOpen && (
        <section className={styles.panel} style={{ width: sidebarWidth }} aria-label={title}>
          <header className={styles.head}>
            <h2>{title}</h2>
            <IconButton
              label="Fold the sidebar"
              shortcut="Mod+B"
              size="sm"
              icon={<PanelLeftClose />}
              onClick={() => toggleSidebar()}
            />
          </header>
          <Panel tab={sidebarTab} onImport={onImport} />
          <ResizeHandle
            label="Width of the sidebar"
            edge="right"
            size={sidebarWidth}
            minimum={220}
            maximum={480}
            onResize={(width) => set({ sidebarWidth: width })}
          />
        </section>
      )}
    </aside>
  );
}

/** On a narrow screen the same panels open over the canvas, which is only looked at: no modules to drag. */
function Drawer({ onImport }: SidebarProps) {
  const { sidebarTab, set } = useLayout();
  const tabs = TABS.filter((tab) => tab.id !== 'modules');
  const pipelineId = useDocument((state) => state.pipelineId);
  const [openedAt] = useState(pipelineId);
  useEffect(() => {
    // Another pipeline was chosen: show it.
    if (pipelineId !== openedAt) set({ drawerOpen: false });
  }, [pipelineId, openedAt, set]);
  const shown = tabs.find((tab) => tab.id === sidebarTab) ?? tabs[1];
  return (
    <Suspense fallback={null}>
      <Dialog open onOpenChange={(open) => set({ drawerOpen: open })} title={shown?.label ?? ''}>
        <div className={styles.narrow}>
          <nav className={styles.switch} aria-label="Library sections">
            {tabs.map((tab) => (
              <button
                key={tab.id}
                type="button"
                aria-pressed={tab === shown}
                onClick={() => set({ sidebarTab: tab.id })}
              >
                {tab.label}
              </button>
            ))}
          </nav>
          <Panel tab={shown?.id ?? 'pipelines'} onImport={onImport} />
        </div>
      </Dialog>
    </Suspense>
  );
}

function Panel({ tab, onImport }: SidebarProps & { tab: SidebarTab }) {
  return (
    <ErrorBoundary what="This panel" resetKey={tab}>
      <Suspense fallback={<Loading />}>
        <PanelContent tab={tab} onImport={onImport} />
      </Suspense>
    </ErrorBoundary>
  );
}

function PanelContent({ tab, onImport }: SidebarProps & { tab: SidebarTab }) {
  const pipelineId = useDocument((state) => state.pipelineId);
  const shown = useRunState((view) => view.runId);
  const { data: pipelines } = usePipelines();
  const { set } = useLayout();
  const leave = () => set({ drawerOpen: false });
  switch (tab) {
    case 'modules':
      return <Palette />;
    case 'datasets':
      return (
        <DatasetsPanel
          onUse={(name) => {
            addDatasetNode(name);
            leave();
          }}
        />
      );
    case 'outline':
      return <Outline onOpenInspector={() => set({ inspectorOpen: true, sheetOpen: true })} />;
    case 'targets':
      return <TargetsPanel onManage={() => navigate(paths.targets)} />;
    case 'pipelines':
      return <PipelineList onOpenSamples={() => set({ dialog: 'samples' })} onImport={onImport} />;
    case 'runs':
      return (
        <RunsPanel
          pipelineId={pipelineId}
          shown={shown}
          onOpen={(run) => {
            // The draft of an old run may be gone; then the run is shown beside the open one.
            const kept = pipelines?.some((pipeline) => pipeline.id === run.pipeline_id) ?? true;
            const owner = kept ? (run.pipeline_id ?? pipelineId) : pipelineId;
            if (owner !== null) navigate(paths.run(owner, run.id));
            viewWhenThere(run.id);
            leave();
          }}
          onCloned={(id) => navigate(paths.pipeline(id))}
          onCompare={(ids) => navigate(paths.compare(ids))}
        />
      );
  }
}

function Loading() {
  return (
    <div className={styles.loading}>
      <Skeleton height={36} lines={6} />
    </div>
  );
}
