import { BookOpen, Plus, Server } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

import { Button } from '@/components/ui/Button';
import { ErrorState } from '@/components/ui/EmptyState';
import { Skeleton } from '@/components/ui/Skeleton';
import { toast } from '@/components/ui/toasts';
import { useRunsUnderWay } from '@/services/queries/useRunsUnderWay';
import { useTargets, type Target } from '@/services/queries/useTargets';

import { ClusterCard } from './ClusterCard';
import { LocalCard } from './LocalCard';
import { RemoveDialog } from './RemoveDialog';
import { TargetDialog } from './TargetDialog';
import styles from './TargetsView.module.css';
import { workByTarget } from './work';

interface TargetsViewProps {
  onOpenRun: (runId: string) => void;
  onOpenGuide: () => void;
}

/** Where nodes run: this computer and the clusters, what they have, what is taken, and what can be changed about them. */
export function TargetsView({ onOpenRun, onOpenGuide }: TargetsViewProps) {
  const targets = useTargets({ watched: true });
  const rows = targets.data;
  const busy = rows?.some((target) => target.busy.nodes > 0 || target.waiting > 0) ?? false;
  const { data: runs } = useRunsUnderWay(busy);
  const work = useMemo(() => workByTarget(busy ? (runs ?? []) : []), [busy, runs]);
  const [editing, setEditing] = useState<Target | 'new' | null>(null);
  const [removing, setRemoving] = useState<Target | null>(null);
  const add = useRef<HTMLButtonElement>(null);
  const arrived = useArrived(rows);
  const opener = useOpener(editing !== null || removing !== null);

  if (targets.isPending) {
    return (
      <div className={styles.view}>
        <Skeleton height={148} lines={2} />
      </div>
    );
  }
  if (rows === undefined) {
    return (
      <ErrorState
        title="The compute targets can’t be listed"
        error={targets.error}
        onRetry={() => void targets.refetch()}
      />
    );
  }
  const local = rows.filter((target) => target.remote !== true);
  const clusters = rows.filter((target) => target.remote === true);
  const open = (what: Target | 'new') => {
    opener.remember();
    setEditing(what);
  };
  const workOf = (id: string) => work.get(id) ?? [];
  return (
    <div className={styles.view}>
      <div className={styles.section}>
        <h2>This computer</h2>
      </div>
      <LocalCard targets={local} work={local.flatMap(({ id }) => workOf(id))} onOpenRun={onOpenRun} />

      <div className={styles.section}>
        <h2>Clusters</h2>
        {clusters.length > 0 && (
          <>
            <span className={styles.space} />
            <Button variant="ghost" icon={<BookOpen />} onClick={onOpenGuide}>
              Guide
            </Button>
            <Button ref={add} variant="primary" icon={<Plus />} onClick={() => open('new')}>
              Add a target
            </Button>
          </>
        )}
      </div>
      {clusters.length === 0 ? (
        <div className={styles.empty}>
          <Server aria-hidden />
          <p>
            A cluster lends its machines to your pipelines: one node trains over several GPUs at once, or many
            nodes run side by side, while this computer stays free. The canvas stays the same, with curves,
            logs and results as live as here.
          </p>
          <div className={styles.choices}>
            <Button ref={add} variant="primary" icon={<Plus />} onClick={() => open('new')}>
              Add a target
            </Button>
            <Button icon={<BookOpen />} onClick={onOpenGuide}>
              Read the guide
            </Button>
          </div>
        </div>
      ) : (
        <ul className={styles.cards} aria-label="Clusters">
          {clusters.map((target) => (
            <ClusterCard
              key={target.id}
              target={target}
              work={workOf(target.id)}
              onOpenRun={onOpenRun}
              onEdit={() => open(target)}
              onRemove={() => {
                opener.remember();
                setRemoving(target);
              }}
            />
          ))}
        </ul>
      )}

      {editing !== null && (
        <TargetDialog
          target={editing === 'new' ? null : editing}
          taken={rows.map(({ id }) => id)}
          onClose={() => setEditing(null)}
          onSaved={(id, title) => {
            if (editing === 'new') {
              opener.forget();
              arrived(id);
            }
            setEditing(null);
            toast({
              title: editing === 'new' ? `${title} was added` : `${title} was changed`,
              tone: 'success',
            });
          }}
        />
      )}
      {removing !== null && (
        <RemoveDialog
          // The row as it is now: nodes may have come or gone while the question stands.
          target={rows.find(({ id }) => id === removing.id) ?? removing}
          onClose={() => setRemoving(null)}
          onRemoved={() => {
            // Its own buttons are gone.
            opener.forget();
            setRemoving(null);
            setTimeout(() => add.current?.focus(), 50);
          }}
        />
      )}
    </div>
  );
}

/** Gives the focus back to what a dialog was opened from, once it is closed: the dialog may have been exchanged since. */
function useOpener(isOpen: boolean): { remember: () => void; forget: () => void } {
  const opener = useRef<HTMLElement | null>(null);
  useEffect(() => {
    if (isOpen || opener.current === null) return;
    const timer = setTimeout(() => {
      opener.current?.focus();
      opener.current = null;
    });
    return () => clearTimeout(timer);
  }, [isOpen]);
  return useMemo(
    () => ({
      remember: () => {
        opener.current = document.activeElement instanceof HTMLElement ? document.activeElement : null;
      },
      forget: () => {
        opener.current = null;
      },
    }),
    [],
  );
}

/** Leads the eye and the focus to a target that was just added, as soon as it stands on the page. */
function useArrived(rows: readonly Target[] | undefined): (id: string) => void {
  const wanted = useRef<string | null>(null);
  const look = useCallback(() => {
    if (wanted.current === null) return;
    const card = document.getElementById(cardId(wanted.current));
    if (card === null) return;
    wanted.current = null;
    // After the dialog has given the focus back.
    setTimeout(() => {
      card.focus();
      card.scrollIntoView({ block: 'nearest' });
    });
  }, []);
  useEffect(look, [rows, look]);
  return useCallback(
    (id) => {
      wanted.current = id;
      look();
    },
    [look],
  );
}

function cardId(id: string): string {
  return `target-${id}`;
}
