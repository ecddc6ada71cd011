import { CircleAlert, Lightbulb, ScrollText } from 'lucide-react';

import { Button } from '@/components/ui/Button';
import { runCommand } from '@/lib/commands';
import { failureTitle, reportOf, type FailureReport } from '@/lib/run/failure';
import { duration } from '@/lib/run/format';
import { MemoryCurve } from '@/lib/run/MemoryCurve';
import { RemedyButton } from '@/lib/run/RemedyButton';
import type { RunError } from '@/lib/run/types';

import { ErrorCard } from './ErrorCard';
import shared from './ErrorCard.module.css';
import styles from './FailureCard.module.css';

interface FailureCardProps {
  nodeId: string;
  error: RunError;
}

/** Why a node failed, in words that a person understands: what happened, what helps, and what was seen before. */
export function FailureCard({ nodeId, error }: FailureCardProps) {
  const report = reportOf(error);
  if (report === null) return <ErrorCard error={error} />;
  const facts = [
    report.seconds !== null && `after ${duration(report.seconds)}`,
    report.exit,
    `${error.name} ${error.code}`,
  ].filter((fact) => typeof fact === 'string');
  return (
    <section className={styles.card} aria-label="Error">
      <header className={shared.head}>
        <CircleAlert aria-hidden />
        <h3>{failureTitle(report)}</h3>
      </header>
      <p className={shared.message}>{report.what}</p>
      <div className={styles.remedy}>
        {report.remedy.parameter === undefined && (
          <p className={styles.hint}>
            <Lightbulb aria-hidden />
            <span>{report.remedy.text}</span>
          </p>
        )}
        <RemedyButton report={report} nodeId={nodeId} />
      </div>
      {report.memory.length > 1 && (
        <MemoryCurve points={report.memory} peak={null} limit={report.memory_limit} />
      )}
      <LastLines report={report} />
      <details className={styles.details}>
        <summary>{facts.join(' · ')}</summary>
        <pre tabIndex={0}>{[error.message, error.hint].filter(Boolean).join('\n\n')}</pre>
      </details>
    </section>
  );
}

function LastLines({ report: { lines } }: { report: FailureReport }) {
  if (lines.length === 0) return null;
  return (
    <div className={styles.log}>
      <div className={styles.logHead}>
        <span>{lines.length === 1 ? 'Its last line' : `Its last ${lines.length} lines`}</span>
        <Button size="sm" variant="ghost" icon={<ScrollText />} onClick={() => runCommand('inspector.logs')}>
          Whole log
        </Button>
      </div>
      <pre tabIndex={0} aria-label="Last log lines">
        {lines.map(([, stream, text], index) => (
          <span key={index} data-stream={stream}>
            {text}
            {'\n'}
          </span>
        ))}
      </pre>
    </div>
  );
}
