import { Check, Play, Wrench } from 'lucide-react';

import { Button } from '@/components/ui/Button';
import { announce } from '@/lib/announce';
import { runCommand } from '@/lib/commands';
import { documentStore, useDocument } from '@/lib/document/documentStore';
import type { DocumentState } from '@/lib/document/documentStore';
import { navigate, paths } from '@/lib/navigation';
import { catalogStore, parameterValue } from '@/lib/modules/catalog';

import type { FailureReport, Remedy } from './failure';
import styles from './RemedyButton.module.css';

/** What helps against a failure, done with one click on the draft (and undone with one); then it offers to submit. */
export function RemedyButton({ report, nodeId }: { report: FailureReport; nodeId: string }) {
  const { remedy, cause } = report;
  const owner = remedy.node ?? nodeId;
  const done = useDocument((state) => isDone(state, owner, remedy));
  const there = useDocument((state) => state.nodes[owner] !== undefined);
  if (cause === 'disk-full') {
    return (
      <div className={styles.remedy}>
        <Button size="sm" icon={<Wrench />} onClick={() => navigate(paths.storage)}>
          Free up room
        </Button>
      </div>
    );
  }
  if (remedy.parameter === undefined || remedy.value === undefined || !there) return null;
  if (done) {
    return (
      <div className={styles.remedy} role="status">
        <span className={styles.done}>
          <Check aria-hidden /> Set on the node
        </span>
        <Button size="sm" variant="primary" icon={<Play />} onClick={() => runCommand('run.submit')}>
          Submit
        </Button>
        <Button size="sm" variant="ghost" onClick={() => runCommand('undo')}>
          Undo
        </Button>
      </div>
    );
  }
  return (
    <div className={styles.remedy}>
      <Button size="sm" variant="primary" icon={<Wrench />} onClick={() => apply(owner, remedy)}>
        {remedy.text.replace(/\.$/, '')}
      </Button>
    </div>
  );
}

/** The time limit is no parameter of a module, but of every node. */
const TIME_LIMIT = 'timeout_seconds';

function isDone(
  { nodes }: Pick<DocumentState, 'nodes'>,
  nodeId: string,
  { parameter, value }: Remedy,
): boolean {
  const node = nodes[nodeId];
  if (node === undefined || parameter === undefined) return false;
  if (parameter === TIME_LIMIT) return (node.resources.timeout_seconds ?? null) === value;
  const declared = catalogStore
    .getState()
    .modules.get(node.module)
    ?.parameters.find(({ id }) => id === parameter);
  return (
    (declared === undefined ? node.parameters[parameter] : parameterValue(declared, node.parameters)) ===
    value
  );
}

function apply(nodeId: string, { parameter, value, text }: Remedy): void {
  const { endBurst, nodes, setParameter, setResources } = documentStore.getState();
  if (parameter === undefined || value === undefined) return;
  endBurst();
  if (parameter === TIME_LIMIT) {
    const resources = nodes[nodeId]?.resources;
    const seconds = typeof value === 'number' ? value : null;
    if (resources !== undefined) setResources(nodeId, { ...resources, timeout_seconds: seconds });
  } else setParameter(nodeId, parameter, value);
  endBurst();
  announce(`${text} Undo takes it back.`);
}
