import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Database, Folder, Plus, Trash2 } from 'lucide-react';
import { useRef, useState } from 'react';
import type { DragEvent } from 'react';

import { Button } from '@/components/ui/Button';
import { ConfirmDialog } from '@/components/ui/Dialog';
import { EmptyState, ErrorState } from '@/components/ui/EmptyState';
import { IconButton } from '@/components/ui/IconButton';
import list from '@/components/ui/List.module.css';
import { Skeleton } from '@/components/ui/Skeleton';
import { toast } from '@/components/ui/toasts';
import { bytes, count, counted, fullMoment } from '@/lib/run/format';
import { api } from '@/services/http';
import { useDatasets } from '@/services/queries/useDatasets';
import type { Dataset } from '@/services/types.generated';

import { AddDatasetDialog } from './AddDatasetDialog';
import styles from './DatasetsPanel.module.css';
import { isArchive, nameFrom } from './uploadRecord';
import { UploadRow } from './UploadRow';
import { useUploads } from './uploadStore';

interface DatasetsPanelProps {
  /** Puts a node for a data set on the canvas. */
  onUse?: (name: string) => void;
}

/** The registered data sets, uploads under way, and the ways to add more. Archives may be dropped on it. */
export function DatasetsPanel({ onUse }: DatasetsPanelProps) {
  const datasets = useDatasets();
  const jobs = useUploads((state) => state.jobs);
  const [adding, setAdding] = useState(false);
  const [doomed, setDoomed] = useState<Dataset | null>(null);
  const drop = useFileDrop(datasets.data ?? []);
  return (
    <div className={styles.panel} {...drop.handlers}>
      <div className={styles.tools}>
        <Button
          icon={<Plus />}
          className={styles.add ?? ''}
          onClick={() => {
            setAdding(true);
          }}
        >
          Add a data set
        </Button>
      </div>
      {jobs.length > 0 && (
        <ul className={styles.uploads} aria-label="Uploads">
          {jobs.map((job) => (
            <UploadRow key={job.key} job={job} />
          ))}
        </ul>
      )}
      {datasets.isPending ? (
        <div className={styles.uploads}>
          <Skeleton height={64} lines={4} />
        </div>
      ) : datasets.isError ? (
        <ErrorState
          title="The data sets can’t be listed"
          error={datasets.error}
          onRetry={() => void datasets.refetch()}
        />
      ) : datasets.data.length === 0 ? (
        <EmptyState icon={<Database />} title="No data sets yet">
          Drop a zip with one folder of images per category here, or add one above.
        </EmptyState>
      ) : (
        <ul className={list.list} aria-label="Data sets">
          {datasets.data.map((dataset) => (
            <Row key={dataset.name} dataset={dataset} onUse={onUse} onDelete={setDoomed} />
          ))}
        </ul>
      )}
      {drop.over && (
        <div className={styles.over} aria-hidden>
          Drop to upload
        </div>
      )}
      <AddDatasetDialog open={adding} onOpenChange={setAdding} />
      {doomed !== null && (
        <DeleteDialog
          dataset={doomed}
          onClose={() => {
            setDoomed(null);
          }}
        />
      )}
    </div>
  );
}

interface RowProps {
  dataset: Dataset;
  onUse: DatasetsPanelProps['onUse'];
  onDelete: (dataset: Dataset) => void;
}

function Row({ dataset, onUse, onDelete }: RowProps) {
  const { name, kind, size, summary, description, created } = dataset;
  const categories = Object.entries(summary.categories ?? {});
  return (
    <li className={list.row} title={`Added ${fullMoment(created)}`}>
      <div className={list.main}>
        <span className={styles.icon} aria-hidden>
          {kind === 'folder' ? <Folder /> : <Database />}
        </span>
        <div className={list.text}>
          <span className={list.head}>
            <span className={styles.name}>{name}</span>
            <span className={styles.actions}>
              {onUse !== undefined && (
                <IconButton
                  label={`Put ${name} on the canvas`}
                  size="sm"
                  icon={<Plus />}
                  onClick={() => {
                    onUse(name);
                  }}
                />
              )}
              <IconButton
                label={`Delete ${name}`}
                size="sm"
                icon={<Trash2 />}
                onClick={() => {
                  onDelete(dataset);
                }}
              />
            </span>
          </span>
          <span className={list.facts}>
            {summary.images !== undefined && <span>{counted(summary.images, 'image')}</span>}
            {categories.length > 0 && <span>{counted(categories.length, 'category', 'categories')}</span>}
            <span>{kind === 'folder' && size === 0 ? 'folder on the server' : bytes(size)}</span>
          </span>
          {categories.length > 0 && (
            <span
              className={styles.categories}
              title={categories.map(([category, images]) => `${category}: ${count(images)}`).join('\n')}
            >
              {categories.map(([category]) => category).join(', ')}
            </span>
          )}
          {description !== '' && <span className={styles.about}>{description}</span>}
        </div>
      </div>
    </li>
  );
}

function DeleteDialog({ dataset, onClose }: { dataset: Dataset; onClose: () => void }) {
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => api.delete(`datasets/${encodeURIComponent(dataset.name)}`),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['datasets'] });
      onClose();
    },
    onError: (error) => {
      toast({ title: `${dataset.name} was not deleted`, description: error.message, tone: 'danger' });
    },
  });
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title={`Delete ${dataset.name}?`}
      description={
        dataset.kind === 'folder'
          ? 'Torchwire forgets the folder; the files in it stay. Pipelines that name it will not run any more.'
          : 'The archive is removed from the server. What runs have made of it stays; pipelines that name it will not run any more.'
      }
      action="Delete"
      danger
      busy={remove.isPending}
      onConfirm={() => {
        remove.mutate();
      }}
    />
  );
}

/** Archives that are dropped are uploaded at once, under a name made from the file's. */
function useFileDrop(datasets: readonly Dataset[]) {
  const [over, setOver] = useState(false);
  const depth = useRef(0);
  const carriesFiles = (event: DragEvent) => event.dataTransfer.types.includes('Files');
  const enter = (by: number) => {
    depth.current = Math.max(0, depth.current + by);
    setOver(depth.current > 0);
  };
  return {
    over,
    handlers: {
      onDragEnter: (event: DragEvent) => {
        if (carriesFiles(event)) enter(1);
      },
      onDragLeave: (event: DragEvent) => {
        if (carriesFiles(event)) enter(-1);
      },
      onDragOver: (event: DragEvent) => {
        if (carriesFiles(event)) event.preventDefault();
      },
      onDrop: (event: DragEvent) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        event.stopPropagation();
        depth.current = 0;
        setOver(false);
        const taken = datasets.map(({ name }) => name);
        for (const file of event.dataTransfer.files) {
          if (!isArchive(file.name)) {
            toast({
              title: `${file.name} is no archive`,
              description: 'Pack the folder with the images into a .zip and drop that.',
              tone: 'warning',
            });
            continue;
          }
          const name = nameFrom(file.name, taken);
          taken.push(name);
          useUploads.getState().start(file, name, (dataset) => {
            toast({ title: `${dataset.name} is ready`, tone: 'success' });
          });
        }
      },
    },
  };
}
