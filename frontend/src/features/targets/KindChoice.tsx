import { RefreshCw } from 'lucide-react';
import { useId } from 'react';

import { Badge } from '@/components/ui/Badge';
import { Button } from '@/components/ui/Button';
import type { TargetKind } from '@/services/queries/useTargets';

import { CopyButton } from './CopyButton';
import styles from './KindChoice.module.css';

interface KindChoiceProps {
  kinds: readonly TargetKind[];
  chosen: string | null;
  looking: boolean;
  onChoose: (kind: string) => void;
  onLookAgain: () => void;
}

/** The kinds of targets that there are; one that isn't installed says how to get it. */
export function KindChoice({ kinds, chosen, looking, onChoose, onLookAgain }: KindChoiceProps) {
  const name = useId();
  const kind = kinds.find((one) => one.kind === chosen);
  return (
    <fieldset className={styles.kinds}>
      <legend>Kind</legend>
      <div className={styles.choices}>
        {kinds.map((one) => (
          <label key={one.kind} className={styles.kind}>
            <input
              type="radio"
              name={name}
              value={one.kind}
              checked={one.kind === chosen}
              onChange={() => onChoose(one.kind)}
            />
            <span className={styles.title}>{one.title}</span>
            {!one.installed && <Badge>not installed</Badge>}
          </label>
        ))}
      </div>
      {kinds.length === 0 && (
        <p className={styles.install}>
          This server knows no kind of target. Install Torchwire anew where it runs: its own kinds come with
          it.
        </p>
      )}
      {kind !== undefined && !kind.installed && (
        <div className={styles.install}>
          <p>{kind.title} needs another package. Install it where Torchwire runs:</p>
          {kind.install !== null && (
            <p className={styles.command}>
              <code>{kind.install}</code>
              <CopyButton text={kind.install} label="Copy the command" />
            </p>
          )}
          <Button size="sm" icon={<RefreshCw />} busy={looking} onClick={onLookAgain}>
            Look again
          </Button>
        </div>
      )}
    </fieldset>
  );
}
