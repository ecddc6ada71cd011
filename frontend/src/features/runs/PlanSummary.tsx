import { Popover } from 'radix-ui';

import { cx } from '@/components/ui/cx';
import { useDocument } from '@/lib/document/documentStore';
import { readingOrder } from '@/lib/document/readingOrder';
import { useModuleSpec } from '@/lib/modules/catalog';
import { usePlan, usePlannedNode, type PlanTotals } from '@/lib/plan/planStore';
import { changeOf, freshnessOf, type Freshness } from '@/lib/plan/planWords';
import { duration } from '@/lib/run/format';

import type { PlannedNode } from '@/services/types.generated';

import { FreshnessIcon } from './FreshnessLine';
import styles from './PlanSummary.module.css';
import { Rehearse } from './Rehearse';
import { titleOf } from './useFreshness';

interface PlanSummaryProps {
  onLeadTo: (nodeId: string) => void;
}

/** What Submit would do, beside it: how much runs and how long that takes, and on demand every node with its reason. */
export function PlanSummary({ onLeadTo }: PlanSummaryProps) {
  const totals = usePlan((state) => state.totals);
  const asking = usePlan((state) => state.status === 'asking');
  if (totals === null) return null;
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <button
          type="button"
          className={cx(styles.summary, asking && styles.asking)}
          aria-label={`What Submit would do: ${shortWords(totals)}`}
        >
          <span className={styles.main}>{shortWords(totals)}</span>
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className={styles.card}
          align="end"
          sideOffset={8}
          collisionPadding={12}
          aria-label="What Submit would do"
        >
          <header className={styles.head}>
            <h2>What Submit would do</h2>
            <p>{longWords(totals)}</p>
          </header>
          <Nodes onLeadTo={onLeadTo} />
          <Rehearse />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function Nodes({ onLeadTo }: PlanSummaryProps) {
  const wires = useDocument((state) => state.wires);
  const order = useDocument((state) => state.order);
  const plan = usePlan((state) => state.nodes);
  const ids = readingOrder({ wires, order });
  const groups = [
    { title: 'Runs', nodes: ids.filter((id) => plan[id] !== undefined && plan[id].action !== 'reuse') },
    { title: 'Reused', nodes: ids.filter((id) => plan[id]?.action === 'reuse') },
  ];
  return (
    <div className={styles.list}>
      {groups
        .filter(({ nodes }) => nodes.length > 0)
        .map(({ title, nodes }) => (
          <section key={title} aria-label={title}>
            <h3 className={styles.group}>
              {title} <span>{nodes.length}</span>
            </h3>
            <ol>
              {nodes.map((nodeId) => (
                <Node key={nodeId} nodeId={nodeId} onLeadTo={onLeadTo} />
              ))}
            </ol>
          </section>
        ))}
    </div>
  );
}

function Node({ nodeId, onLeadTo }: { nodeId: string; onLeadTo: (nodeId: string) => void }) {
  const planned = usePlannedNode(nodeId);
  const spec = useModuleSpec(useDocument((state) => state.nodes[nodeId]?.module ?? ''));
  if (planned === undefined) return null;
  const freshness = freshnessOf(planned, undefined, { node: titleOf, spec });
  const reused = planned.action === 'reuse';
  return (
    <li>
      <Popover.Close asChild>
        <button
          type="button"
          className={styles.node}
          data-freshness={freshness.kind}
          onClick={() => {
            onLeadTo(nodeId);
          }}
        >
          <FreshnessIcon kind={freshness.kind} />
          <span className={styles.text}>
            <span className={styles.line}>
              <span className={styles.title}>{titleOf(nodeId)}</span>
              <span className={styles.time}>{timeWords(planned)}</span>
            </span>
            {!reused && <span className={styles.why}>{whyWords(planned, freshness)}</span>}
            {planned.changed.length > 0 && (
              <span className={styles.changes}>
                {planned.changed.map((change) => {
                  const { title, before, now } = changeOf(change, spec);
                  return (
                    <span key={change.field} className={styles.change}>
                      <span>{title}</span>
                      {before === null ? (
                        <span className={styles.quiet}>is another one</span>
                      ) : (
                        <span>
                          <del>{before}</del> <ins>{now}</ins>
                        </span>
                      )}
                    </span>
                  );
                })}
              </span>
            )}
          </span>
        </button>
      </Popover.Close>
    </li>
  );
}

/** The changes stand below, so that they need not be said twice. */
function whyWords({ changed }: PlannedNode, { kind, long, note }: Freshness): string {
  if (kind === 'run' && changed.length > 0) return note ?? '';
  return long.replace(/^Will run: (\w)/, capital);
}

function capital(_: string, first: string): string {
  return first.toUpperCase();
}

function timeWords({ action, seconds_saved, seconds_expected }: PlannedNode): string {
  if (action !== 'reuse') return seconds_expected === null ? '' : `about ${about(seconds_expected)}`;
  return seconds_saved === null || seconds_saved < 0.05 ? '' : `saves ${duration(seconds_saved)}`;
}

/** A guess needs no milliseconds. */
function about(seconds: number): string {
  return seconds < 1 ? '1 s' : duration(seconds);
}

/** `4 of 12 run, about 1 min`. */
function shortWords({ nodes, run, reused, secondsExpected }: PlanTotals): string {
  const time = secondsExpected === null ? '' : `, about ${about(secondsExpected)}`;
  if (reused === 0) return `All ${nodes} run${time}`;
  return `${run} of ${nodes} run${time}`;
}

function longWords({ nodes, run, reused, continued, secondsSaved, secondsExpected }: PlanTotals): string {
  const parts = [
    `${run} of ${nodes} run${secondsExpected === null ? '; nobody knows yet how long that takes' : `, about ${about(secondsExpected)}`}`,
    continued > 0 && `${continued} of them from where they were`,
    reused > 0 && `${reused} reused, saves ${duration(secondsSaved)}`,
  ].filter((part) => typeof part === 'string');
  return `${parts.join('; ')}.`;
}
