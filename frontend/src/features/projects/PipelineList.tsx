import { Copy, Ellipsis, FilePlus2, FileUp, Pencil, Search, Sparkles, Trash2, Workflow } from 'lucide-react';
import { useRef, useState } from 'react';
import { Button } from '@/components/ui/Button';
import { cx } from '@/components/ui/cx';
import { ConfirmDialog } from '@/components/ui/Dialog';
import { EmptyState, ErrorState } from '@/components/ui/EmptyState';
import { IconButton } from '@/components/ui/IconButton';
import list from '@/components/ui/List.module.css';
import { DropdownMenu } from '@/components/ui/Menu';
import { Skeleton } from '@/components/ui/Skeleton';
import { SearchField, TextField } from '@/components/ui/TextField';
import { useDocument } from '@/lib/document/documentStore';
import { navigate, paths } from '@/lib/navigation';
import { usePipelines } from '@/services/queries/usePipelines';
import type { PipelineSummary } from '@/services/types.generated';
import styles from './PipelineList.module.css';
import { timeAgo } from './timeWords';
import { emptyDocument, useProjects } from './useProjects';

interface PipelineListProps {
  onOpenSamples: () => void;
  onImport: () => void;
}

/** All pipelines of this server: open, make, rename, duplicate and delete them. */
export function PipelineList({ onOpenSamples, onImport }: PipelineListProps) {
  const { data: pipelines, error, isPending, refetch } = usePipelines();
  const projects = useProjects();
  const [search, setSearch] = useState('');
  const [renaming, setRenaming] = useState<string | null>(null);
  const [deleting, setDeleting] = useState<PipelineSummary | null>(null);
  const found = (pipelines ?? []).filter((one) =>
    one.name.toLowerCase().includes(search.trim().toLowerCase()),
  );

  return (
    <div className={styles.panel}>
      <div className={styles.tools}>
        <Button
          icon={<FilePlus2 />}
          onClick={() => void projects.create(emptyDocument())}
          busy={projects.busy}
        >
          New
        </Button>
        <Button icon={<Sparkles />} onClick={onOpenSamples}>
          Samples
        </Button>
        <IconButton label="Import a pipeline from a file" icon={<FileUp />} onClick={onImport} />
      </div>
      {(pipelines?.length ?? 0) > 5 && (
        <div className={styles.search}>
          <SearchField label="Search pipelines" value={search} onValueChange={setSearch} />
        </div>
      )}
      {isPending && (
        <div className={styles.loading}>
          <Skeleton height={40} lines={4} />
        </div>
      )}
      {error && !pipelines && (
        <ErrorState title="The pipelines can’t be listed" error={error} onRetry={() => void refetch()} />
      )}
      {pipelines?.length === 0 && (
        <EmptyState icon={<Workflow />} title="No pipelines yet">
          Start with an empty canvas, or open a sample that runs right away.
        </EmptyState>
      )}
      {pipelines && pipelines.length > 0 && found.length === 0 && (
        <EmptyState icon={<Search />} title="Nothing found">
          No pipeline’s name contains ‘{search}’.
        </EmptyState>
      )}
      <div className={styles.scroll}>
        <ul className={list.list}>
          {found.map((pipeline) => (
            <PipelineRow
              key={pipeline.id}
              pipeline={pipeline}
              renaming={renaming === pipeline.id}
              onRename={() => setRenaming(pipeline.id)}
              onRenamed={(name) => {
                setRenaming(null);
                if (name !== null) void projects.rename(pipeline.id, name);
              }}
              onDuplicate={() => void projects.duplicate(pipeline.id)}
              onDelete={() => setDeleting(pipeline)}
            />
          ))}
        </ul>
      </div>
      <ConfirmDialog
        open={deleting !== null}
        onOpenChange={(open) => {
          if (!open) setDeleting(null);
        }}
        title={`Delete ‘${deleting?.name ?? ''}’?`}
        description="The draft and its version history go. Its runs and their results stay."
        action="Delete"
        danger
        onConfirm={() => {
          if (deleting) void projects.remove(deleting.id);
          setDeleting(null);
        }}
      />
    </div>
  );
}

interface PipelineRowProps {
  pipeline: PipelineSummary;
  renaming: boolean;
  onRename: () => void;
  /** Null: the name stays. */
  onRenamed: (name: string | null) => void;
  onDuplicate: () => void;
  onDelete: () => void;
}

function PipelineRow(props: PipelineRowProps) {
  const { pipeline, renaming, onRename, onRenamed, onDuplicate, onDelete } = props;
  const isOpen = useDocument((state) => state.pipelineId === pipeline.id);
  const openName = useDocument((state) => (state.pipelineId === pipeline.id ? state.name : null));
  const name = openName ?? pipeline.name;
  if (renaming) return <RenameRow name={name} onRenamed={onRenamed} />;
  return (
    <li className={cx(list.row, styles.row)} data-shown={isOpen || undefined}>
      <button
        type="button"
        className={list.main}
        aria-current={isOpen ? 'page' : undefined}
        onClick={() => navigate(paths.pipeline(pipeline.id))}
        onDoubleClick={onRename}
      >
        <span className={list.text}>
          <span className={list.name}>{name || 'Untitled pipeline'}</span>
          <span className={list.facts}>
            <span>
              {pipeline.node_count} {pipeline.node_count === 1 ? 'node' : 'nodes'}
            </span>
            <span>{timeAgo(pipeline.updated)}</span>
          </span>
        </span>
      </button>
      <DropdownMenu
        label={`Actions for ${name}`}
        align="end"
        trigger={
          <IconButton
            label={`Actions for ${name}`}
            tooltip={null}
            size="sm"
            icon={<Ellipsis />}
            className={styles.more}
          />
        }
        entries={[
          { label: 'Rename', icon: <Pencil />, onSelect: onRename },
          { label: 'Duplicate', icon: <Copy />, onSelect: onDuplicate },
          'separator',
          { label: 'Delete…', icon: <Trash2 />, danger: true, onSelect: onDelete },
        ]}
      />
    </li>
  );
}

function RenameRow({ name, onRenamed }: { name: string; onRenamed: (name: string | null) => void }) {
  const [text, setText] = useState(name);
  const done = useRef(false);
  const finish = (wanted: string | null) => {
    if (done.current) return;
    done.current = true;
    const trimmed = wanted?.trim() ?? '';
    onRenamed(trimmed === '' || trimmed === name ? null : trimmed);
  };
  return (
    <li className={styles.rename}>
      <TextField
        autoFocus
        aria-label="Name of the pipeline"
        value={text}
        maxLength={200}
        onFocus={(event) => event.target.select()}
        onChange={(event) => setText(event.target.value)}
        onBlur={() => finish(text)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') finish(text);
          if (event.key === 'Escape') finish(null);
        }}
      />
    </li>
  );
}
