import { Pencil, RefreshCw, Server, Trash2, TriangleAlert } from 'lucide-react';

import { Button } from '@/components/ui/Button';
import { IconButton } from '@/components/ui/IconButton';
import { useQueryClient } from '@tanstack/react-query';
import { bytes, counted } from '@/lib/run/format';
import { amount, living, roomOfAll, unreachableWords } from '@/lib/targets/resources';
import { targetsQuery, type Target } from '@/services/queries/useTargets';

import styles from './Card.module.css';
import { MachineList } from './MachineList';
import { StateBadge } from './StateBadge';
import { errorWords, useTestTarget } from './useTargetActions';
import { versionWords } from './versions';
import type { Work } from './work';
import { WorkList } from './WorkList';

interface ClusterCardProps {
  target: Target;
  work: readonly Work[];
  onOpenRun: (runId: string) => void;
  onEdit: () => void;
  onRemove: () => void;
}

/** A cluster with its machines, what is taken of them, and what runs there. */
export function ClusterCard({ target, work, onOpenRun, onEdit, onRemove }: ClusterCardProps) {
  const { id, kind, available, machines = [], versions = {}, origin } = target;
  const title = target.title || id;
  const software = versionWords(versions);
  return (
    <li>
      <article
        id={`target-${id}`}
        tabIndex={-1}
        className={styles.card}
        aria-labelledby={`target-${id}-title`}
      >
        <div className={styles.head}>
          <Server aria-hidden />
          <div className={styles.names}>
            <h3 id={`target-${id}-title`}>{title}</h3>
            <code>{id}</code>
          </div>
          <StateBadge target={target} />
          {origin === 'file' ? (
            <span className={styles.origin}>
              from <code>torchwire.toml</code>: change it there
            </span>
          ) : (
            <span className={styles.tools}>
              <IconButton label={`Edit ${title}`} tooltip="Edit" icon={<Pencil />} onClick={onEdit} />
              <IconButton label={`Remove ${title}`} tooltip="Remove" icon={<Trash2 />} onClick={onRemove} />
            </span>
          )}
        </div>
        <p className={styles.facts}>
          <span>{kind.charAt(0).toUpperCase() + kind.slice(1)}</span>
          {machines.length > 0 && <Totals target={target} />}
          {software !== '' && <span>{software}</span>}
        </p>
        {!available && target.reached !== null && (
          <Unreachable target={target} onEdit={origin === 'file' ? null : onEdit} />
        )}
        <div className={styles.body}>
          {machines.length > 0 ? (
            <MachineList machines={machines} of={title} stale={!available && target.reached !== true} />
          ) : (
            <p className={styles.none}>
              {target.reached === true
                ? 'It answers, but has no machines.'
                : 'Its machines are shown here once it was reached.'}
            </p>
          )}
          <WorkList work={work} of={title} onOpenRun={onOpenRun} />
        </div>
      </article>
    </li>
  );
}

function Totals({ target: { machines = [], available } }: { target: Target }) {
  const alive = living(machines).length;
  const { cores, memory, gpus } = roomOfAll(machines);
  const free = ({ total, taken }: { total: number; taken: number }, write: (value: number) => string) =>
    available ? `${write(total - taken)} of ${write(total)}` : write(total);
  const left = available ? ' free' : '';
  return (
    <>
      <span>
        {alive < machines.length
          ? `${alive} of ${counted(machines.length, 'machine')} alive`
          : counted(machines.length, 'machine')}
      </span>
      <span>
        {free(cores, amount)} cores{left}
      </span>
      <span>
        {free(memory, bytes)} memory{left}
      </span>
      {gpus.total > 0 && (
        <span>
          {free(gpus, amount)} GPUs{left}
        </span>
      )}
    </>
  );
}

/** Since when and why a target can't be used, and what to do. */
function Unreachable({ target, onEdit }: { target: Target; onEdit: (() => void) | null }) {
  const { id, kind, options = {}, why, reached } = target;
  const client = useQueryClient();
  const look = useTestTarget();
  return (
    <div className={styles.away} role="status">
      <TriangleAlert aria-hidden />
      <div className={styles.awayWords}>
        <p>
          <strong>{unreachableWords(target)}</strong>
          {why ? ` because: ${why}` : '.'}
        </p>
        <p className={styles.quiet}>
          {reached === true
            ? 'It answers, but nodes would not run there as it is. Once that is mended, it is used again by itself.'
            : 'Torchwire goes on looking by itself. Nodes that are sent there wait for it, and fail when it stays away. Check that the cluster is up, that this computer can reach its address, and that the token is the right one.'}
        </p>
        {look.isError && <p className={styles.again}>Looked just now: {errorWords(look.error)}</p>}
        {look.isSuccess && <p className={styles.again}>Looked just now: it answers.</p>}
        <div className={styles.awayTools}>
          <Button
            size="sm"
            icon={<RefreshCw />}
            busy={look.isPending}
            onClick={() =>
              look.mutate(
                { kind, options, id },
                { onSuccess: () => void client.invalidateQueries({ queryKey: targetsQuery.queryKey }) },
              )
            }
          >
            Look now
          </Button>
          {onEdit !== null && (
            <Button size="sm" icon={<Pencil />} onClick={onEdit}>
              Change its settings
            </Button>
          )}
        </div>
      </div>
    </div>
  );
}
