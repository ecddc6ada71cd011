import {
  ChevronDown,
  Copy,
  Cpu,
  FileDown,
  FilePlus2,
  FileUp,
  FolderOpen,
  HardDrive,
  History,
  Keyboard,
  ListVideo,
  Menu as MenuIcon,
  Monitor,
  Moon,
  Redo2,
  Sparkles,
  Sun,
  Undo2,
} from 'lucide-react';
import { lazy, Suspense } from 'react';
import { Button } from '@/components/ui/Button';
import { IconButton } from '@/components/ui/IconButton';
import { DropdownMenu, type MenuEntry } from '@/components/ui/Menu';
import { downloadDocument } from '@/features/projects/exchange';
import { SaveState } from '@/features/projects/SaveState';
import { emptyDocument, useProjects } from '@/features/projects/useProjects';
import { runCommand } from '@/lib/commands';
import { afterFirstSight } from '@/lib/firstSight';
import { documentStore, redoLabel, undoLabel, useDocument } from '@/lib/document/documentStore';
import { navigate, paths } from '@/lib/navigation';
import { useLayout, useNarrow } from './layout';
import { Logo } from './Logo';
import { RunControls } from './RunControls';
import { type ThemeChoice, useTheme } from './theme';
import styles from './TopBar.module.css';

const TargetSelect = lazy(
  afterFirstSight(() =>
    import('@/features/parameters/TargetSelect').then((module) => ({ default: module.TargetSelect })),
  ),
);

interface TopBarProps {
  onImport: () => void;
}

export function TopBar({ onImport }: TopBarProps) {
  const narrow = useNarrow();
  const layout = useLayout();
  return (
    <header className={styles.bar}>
      {narrow && (
        <IconButton
          label="Pipelines, runs and data sets"
          icon={<MenuIcon />}
          onClick={() => layout.openSidebar()}
        />
      )}
      <PipelineMenu onImport={onImport} />
      <PipelineName />
      <SaveState />
      <span className={styles.space} />
      {!narrow && (
        <>
          <UndoRedo />
          <DefaultTarget />
          <ThemeMenu />
          <Button
            variant="ghost"
            icon={<ListVideo />}
            aria-pressed={layout.sidebarOpen && layout.sidebarTab === 'runs'}
            onClick={() => layout.toggleSidebar('runs')}
          >
            Runs
          </Button>
        </>
      )}
      <RunControls />
    </header>
  );
}

function PipelineMenu({ onImport }: TopBarProps) {
  const projects = useProjects();
  const narrow = useNarrow();
  const layout = useLayout();
  const { choice, choose } = useTheme();
  const open = () => layout.openSidebar('pipelines');
  const duplicate = () => {
    const { pipelineId } = documentStore.getState();
    if (pipelineId !== null) void projects.duplicate(pipelineId);
  };
  const entries: MenuEntry[] = [
    { label: 'New pipeline', icon: <FilePlus2 />, onSelect: () => void projects.create(emptyDocument()) },
    { label: 'Open…', icon: <FolderOpen />, onSelect: open },
    { label: 'Start from a sample…', icon: <Sparkles />, onSelect: () => layout.set({ dialog: 'samples' }) },
    'separator',
    { label: 'Duplicate', icon: <Copy />, onSelect: duplicate },
    {
      label: 'Steps…',
      icon: <Undo2 />,
      shortcut: 'Mod+Shift+H',
      onSelect: () => layout.set({ dialog: 'steps' }),
    },
    { label: 'Version history…', icon: <History />, onSelect: () => layout.set({ dialog: 'history' }) },
    'separator',
    { label: 'Import from a file…', icon: <FileUp />, onSelect: onImport },
    {
      label: 'Export as JSON',
      icon: <FileDown />,
      onSelect: () => downloadDocument(documentStore.getState().toDocument()),
    },
    'separator',
    { label: 'Compute targets', icon: <Cpu />, onSelect: () => navigate(paths.targets) },
    { label: 'Storage', icon: <HardDrive />, onSelect: () => navigate(paths.storage) },
    {
      label: 'Keyboard shortcuts',
      icon: <Keyboard />,
      shortcut: '?',
      onSelect: () => layout.set({ dialog: 'shortcuts' }),
    },
    ...(narrow ? (['separator', { heading: 'Theme' }, ...themeEntries(choice, choose)] as const) : []),
  ];
  return (
    <DropdownMenu
      label="Pipeline"
      trigger={
        <button type="button" className={styles.logo} aria-label="Torchwire: pipeline menu">
          <Logo />
          {!narrow && <span className={styles.brand}>Torchwire</span>}
          <ChevronDown className={styles.chevron} aria-hidden />
        </button>
      }
      entries={entries}
    />
  );
}

function PipelineName() {
  const name = useDocument((state) => state.name);
  const viewing = useDocument((state) => state.viewing !== null);
  const { setName, endBurst } = documentStore.getState();
  return (
    <input
      className={styles.name}
      data-draft-fields
      readOnly={viewing}
      aria-label="Name of the pipeline"
      value={name}
      maxLength={200}
      placeholder="Untitled pipeline"
      spellCheck={false}
      autoComplete="off"
      onChange={(event) => setName(event.target.value)}
      onBlur={(event) => {
        endBurst();
        event.target.scrollLeft = 0;
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' || event.key === 'Escape') event.currentTarget.blur();
      }}
    />
  );
}

function UndoRedo() {
  const undo = useDocument(undoLabel);
  const redo = useDocument(redoLabel);
  return (
    <span className={styles.group}>
      <IconButton
        label={undo === undefined ? 'Nothing to undo' : `Undo: ${undo}`}
        shortcut="Mod+Z"
        icon={<Undo2 />}
        disabled={undo === undefined}
        onClick={() => runCommand('undo')}
      />
      <IconButton
        label={redo === undefined ? 'Nothing to redo' : `Redo: ${redo}`}
        shortcut="Mod+Shift+Z"
        icon={<Redo2 />}
        disabled={redo === undefined}
        onClick={() => runCommand('redo')}
      />
    </span>
  );
}

function DefaultTarget() {
  const target = useDocument((state) => state.defaultComputeTarget);
  return (
    <Suspense fallback={null}>
      <TargetSelect
        label="Default compute target"
        value={target}
        onValueChange={documentStore.getState().setDefaultComputeTarget}
        quiet
        className={styles.target}
      />
    </Suspense>
  );
}

function ThemeMenu() {
  const { choice, choose } = useTheme();
  const icon = choice === 'dark' ? <Moon /> : choice === 'light' ? <Sun /> : <Monitor />;
  return (
    <DropdownMenu
      label="Theme"
      align="end"
      trigger={<IconButton label="Theme" icon={icon} />}
      entries={themeEntries(choice, choose)}
    />
  );
}

const THEMES: readonly [ThemeChoice, string][] = [
  ['system', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
];

function themeEntries(choice: ThemeChoice, choose: (choice: ThemeChoice) => void): MenuEntry[] {
  return THEMES.map(([theme, label]) => ({
    label,
    checked: choice === theme,
    onSelect: () => choose(theme),
  }));
}
