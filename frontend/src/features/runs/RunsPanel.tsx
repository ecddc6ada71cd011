import { Copy, GitCompareArrows, History, MoreHorizontal, Pin, Play, Square } from 'lucide-react';
import { useDeferredValue, useState } from 'react';

import { Button } from '@/components/ui/Button';
import { cx } from '@/components/ui/cx';
import { EmptyState, ErrorState } from '@/components/ui/EmptyState';
import { IconButton } from '@/components/ui/IconButton';
import list from '@/components/ui/List.module.css';
import { DropdownMenu } from '@/components/ui/Menu';
import { Select } from '@/components/ui/Select';
import { Skeleton } from '@/components/ui/Skeleton';
import { SearchField } from '@/components/ui/TextField';
import { clock, duration, fullMoment, moment, percent } from '@/lib/run/format';
import { failureWords } from '@/lib/run/failure';
import { RUN_WORDS } from '@/lib/run/runFigures';
import { isOver } from '@/lib/run/types';
import type { RunStatus, RunSummary } from '@/lib/run/types';
import { useNow } from '@/lib/run/useNow';
import { useRuns } from '@/services/queries/useRuns';
import { useConnection } from '@/services/socket';

import { askedWords } from './askedWords';
import styles from './RunsPanel.module.css';
import { StateIcon } from './StateIcon';
import { titleOf } from './useFreshness';
import { useCancelRun, useCloneRun, useRerun } from './useRunActions';

interface RunsPanelProps {
  /** Draft whose runs are meant by “this pipeline”; without it only all runs are offered. */
  pipelineId?: string | null;
  /** The run that is being shown. */
  shown?: string | null;
  /** Shows a run as it was, or live when it still goes on. */
  onOpen: (run: Pick<RunSummary, 'id' | 'pipeline_id'>) => void;
  /** A draft was made of a run's document. */
  onCloned?: (pipelineId: string) => void;
  /** Shows runs side by side. */
  onCompare?: (runIds: readonly string[]) => void;
}

type StatusFilter = 'all' | RunStatus;

const PAGE = 50;
const STATUSES: readonly { value: StatusFilter; label: string }[] = [
  { value: 'all', label: 'Any state' },
  ...(['running', 'queued', 'completed', 'failed', 'cancelled'] as const).map((value) => ({
    value,
    label: RUN_WORDS[value],
  })),
];

/** All runs, newest first: how they went, and the way back to each of them. */
export function RunsPanel({ pipelineId = null, shown = null, onOpen, onCloned, onCompare }: RunsPanelProps) {
  const [status, setStatus] = useState<StatusFilter>('all');
  const [search, setSearch] = useState('');
  const wanted = useDeferredValue(search.trim());
  const [onlyThis, setOnlyThis] = useState(pipelineId !== null);
  const [limit, setLimit] = useState(PAGE);
  const [chosen, setChosen] = useState<readonly string[] | null>(null);
  const here = onlyThis && pipelineId !== null;
  const runs = useRuns(
    {
      pipelineId: here ? pipelineId : undefined,
      status: status === 'all' ? undefined : status,
      search: wanted === '' ? undefined : wanted,
    },
    limit,
  );
  const rows = runs.data?.runs ?? [];
  const filtered = status !== 'all' || wanted !== '';
  return (
    <div className={styles.panel}>
      <div className={styles.filters}>
        <div className={styles.line}>
          <SearchField label="Search runs by name" value={search} onValueChange={setSearch} />
          {onCompare !== undefined && (
            <IconButton
              label={chosen === null ? 'Compare runs' : 'Stop choosing runs'}
              icon={<GitCompareArrows />}
              pressed={chosen !== null}
              onClick={() => {
                setChosen(chosen === null ? [] : null);
              }}
            />
          )}
        </div>
        <div className={styles.line}>
          <Select
            label="State"
            value={status}
            onValueChange={(value) => {
              setStatus(value as StatusFilter);
            }}
            options={STATUSES}
            quiet
          />
          {pipelineId !== null && (
            <Select
              label="Pipeline"
              value={here ? 'this' : 'all'}
              onValueChange={(value) => {
                setOnlyThis(value === 'this');
              }}
              options={[
                { value: 'this', label: 'This pipeline' },
                { value: 'all', label: 'All pipelines' },
              ]}
              quiet
            />
          )}
        </div>
      </div>
      {chosen !== null && (
        <div className={styles.compare}>
          <span>{chosen.length < 2 ? 'Choose two or more runs.' : `${chosen.length} runs chosen.`}</span>
          <Button
            size="sm"
            variant="primary"
            disabled={chosen.length < 2}
            onClick={() => {
              onCompare?.(chosen);
            }}
          >
            Compare
          </Button>
        </div>
      )}
      {runs.isPending ? (
        <div className={styles.loading}>
          <Skeleton height={52} lines={6} />
        </div>
      ) : runs.isError ? (
        <ErrorState title="The runs can’t be listed" error={runs.error} onRetry={() => void runs.refetch()} />
      ) : rows.length === 0 ? (
        <NoRuns
          filtered={filtered}
          onAll={
            here
              ? () => {
                  setOnlyThis(false);
                }
              : undefined
          }
        />
      ) : (
        <ul
          className={cx(list.list, styles.list)}
          aria-label="Runs"
          data-old={runs.isPlaceholderData || undefined}
        >
          {rows.map((run) => (
            <Row
              key={run.id}
              run={run}
              shown={run.id === shown}
              nameOnly={here}
              onOpen={onOpen}
              onCloned={onCloned}
              chosen={chosen?.includes(run.id)}
              onChoose={() => {
                setChosen(
                  chosen?.includes(run.id) === true
                    ? chosen.filter((id) => id !== run.id)
                    : [...(chosen ?? []), run.id],
                );
              }}
            />
          ))}
        </ul>
      )}
      {runs.data?.next != null && (
        <Button
          variant="ghost"
          className={styles.more ?? ''}
          busy={runs.isFetching}
          onClick={() => {
            setLimit(limit + PAGE);
          }}
        >
          Show older runs
        </Button>
      )}
    </div>
  );
}

/** `onAll` shows the runs of other pipelines too. */
function NoRuns({ filtered, onAll }: { filtered: boolean; onAll: (() => void) | undefined }) {
  const title = filtered ? 'No such runs' : onAll ? 'No runs of this pipeline yet' : 'No runs yet';
  return (
    <EmptyState
      icon={<History />}
      title={title}
      action={onAll && <Button onClick={onAll}>Show all pipelines’ runs</Button>}
    >
      {filtered
        ? 'No run fits these filters.'
        : 'Submit a pipeline; every run stays here with its document and results.'}
    </EmptyState>
  );
}

interface RowProps {
  run: RunSummary;
  shown: boolean;
  nameOnly: boolean;
  onOpen: RunsPanelProps['onOpen'];
  onCloned: RunsPanelProps['onCloned'];
  /** While runs are being chosen: whether this one is. */
  chosen: boolean | undefined;
  onChoose: () => void;
}

function Row({ run, shown, nameOnly, onOpen, onCloned, chosen, onChoose }: RowProps) {
  const cancel = useCancelRun();
  const rerun = useRerun(onOpen);
  const clone = useCloneRun((pipeline) => onCloned?.(pipeline.id));
  const going = !isOver(run.status);
  const choosing = chosen !== undefined;
  const accuracy = run.summary?.['accuracy'] ?? null;
  const part = askedWords(run, titleOf);
  return (
    <li className={list.row} data-shown={(choosing ? chosen : shown) || undefined}>
      <button
        type="button"
        className={list.main}
        {...(choosing ? { 'aria-pressed': chosen } : { 'aria-current': shown || undefined })}
        onClick={() => {
          if (choosing) onChoose();
          else onOpen(run);
        }}
      >
        {choosing ? (
          <span className={styles.box} data-chosen={chosen || undefined} aria-hidden />
        ) : (
          <StateIcon status={run.status} size={16} />
        )}
        <span className={list.text}>
          <span className={list.head}>
            <span className={list.name}>
              {nameOnly ? moment(run.created) : run.name}
              {run.pinned && <Pin className={styles.pin} role="img" aria-label="Pinned" />}
            </span>
            {accuracy !== null && (
              <span className={styles.accuracy} title="Accuracy on the test data">
                {percent(accuracy)}
              </span>
            )}
          </span>
          {part !== null && <span className={styles.part}>Part: {part}</span>}
          <span className={list.facts}>
            <span>{going && run.cancel_requested ? 'Cancelling' : RUN_WORDS[run.status]}</span>
            {!nameOnly && <span title={fullMoment(run.created)}>{moment(run.created)}</span>}
            <Time run={run} going={going} />
            <Nodes counts={run.node_counts} />
          </span>
          {run.error != null && <span className={list.error}>{failureWords(run.error)}</span>}
        </span>
      </button>
      {!choosing && (
        <DropdownMenu
          label="What to do with this run"
          align="end"
          trigger={<IconButton label="More" size="sm" icon={<MoreHorizontal />} />}
          entries={[
            going
              ? {
                  label: 'Cancel',
                  icon: <Square />,
                  onSelect: () => {
                    cancel.mutate(run.id);
                  },
                }
              : {
                  label: run.status === 'completed' ? 'Run again' : 'Continue',
                  icon: <Play />,
                  ...(run.status !== 'completed' && {
                    hint: 'Goes on from what is done and from checkpoints.',
                  }),
                  onSelect: () => {
                    rerun.mutate(run.id);
                  },
                },
            {
              label: 'Clone into a new draft',
              icon: <Copy />,
              onSelect: () => {
                clone.mutate(run.id);
              },
            },
          ]}
        />
      )}
    </li>
  );
}

function Time({ run, going }: { run: RunSummary; going: boolean }) {
  const lost = useConnection(({ status }) => status === 'lost');
  const now = useNow(going && !lost) / 1000;
  if (going) return run.started === null ? null : <span>{clock(now - run.started)}</span>;
  return run.seconds === null ? null : <span>{duration(run.seconds)}</span>;
}

function Nodes({ counts }: { counts: RunSummary['node_counts'] }) {
  const total = counts['total'] ?? 0;
  const failed = counts['failed'] ?? 0;
  return (
    <span>
      {counts['completed'] ?? 0} of {total} nodes
      {failed > 0 && <span className={styles.failed}>, {failed} failed</span>}
    </span>
  );
}
