import { Check, CloudOff, Loader2, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { Tooltip } from '@/components/ui/Tooltip';
import type { SaveStatus } from '@/lib/drafts/saveQueue';
import { useDraft } from '@/lib/drafts/draftStore';
import styles from './SaveState.module.css';

interface Words {
  icon: ReactNode;
  short: string;
  long: string;
  tone?: 'warning' | 'danger';
}

const WORDS: Record<SaveStatus['kind'], Words> = {
  saved: { icon: <Check />, short: 'Saved', long: 'Every edit is on the server.' },
  pending: { icon: <Loader2 />, short: 'Saving…', long: 'The last edits are on their way to the server.' },
  saving: { icon: <Loader2 />, short: 'Saving…', long: 'The last edits are on their way to the server.' },
  unreachable: {
    icon: <CloudOff />,
    short: 'Not saved',
    long: 'The server can’t be reached. Your edits are kept in this browser and sent as soon as it is back.',
    tone: 'warning',
  },
  stale: {
    icon: <TriangleAlert />,
    short: 'Not saved',
    long: 'This pipeline was changed elsewhere. Choose above which version to go on with.',
    tone: 'danger',
  },
  refused: {
    icon: <TriangleAlert />,
    short: 'Not saved',
    long: 'The server refused the last edit.',
    tone: 'danger',
  },
};

/** Whether the last edit is safe, in a word. */
export function SaveState() {
  const status = useDraft((state) => state.status);
  const words = WORDS[status.kind];
  const long = status.kind === 'refused' ? `${words.long} ${status.message}` : words.long;
  return (
    <Tooltip content={long}>
      <span
        className={styles.state}
        role="status"
        tabIndex={0}
        aria-label={`${words.short.replace('…', '')}: ${long}`}
        data-tone={words.tone}
        data-status={status.kind}
      >
        {words.icon}
        <span className={styles.words}>{words.short}</span>
      </span>
    </Tooltip>
  );
}
