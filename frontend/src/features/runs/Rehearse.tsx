import { Gauge } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';

import { Button } from '@/components/ui/Button';
import { documentStore, useDocument } from '@/lib/document/documentStore';
import { bytes, duration } from '@/lib/run/format';
import { ApiError, api } from '@/services/http';
import type { Rehearsal, RehearsalAnswer } from '@/services/types.generated';

import styles from './Rehearse.module.css';
import { rehearsalWords } from './rehearsalWords';
import { titleOf } from './useFreshness';

const EVERY_MS = 600;

/** Try one batch of each training and scoring node, to say how long the pipeline takes and what memory it needs. */
export function Rehearse() {
  const [rehearsal, setRehearsal] = useState<Rehearsal | null>(null);
  const [problem, setProblem] = useState('');
  const running = useRef<string | null>(null);
  const nodes = useDocument((state) => state.nodes);
  const [about, setAbout] = useState(nodes);
  const going = rehearsal?.status === 'running';
  const id = rehearsal?.id;

  useEffect(() => {
    if (!going || id === undefined) return;
    running.current = id;
    const timer = setInterval(() => {
      void api.get<RehearsalAnswer>(`preflight/${id}`).then(
        (answer) => setRehearsal((now) => (now?.id === id ? answer.rehearsal : now)),
        () => setRehearsal(null),
      );
    }, EVERY_MS);
    return () => {
      clearInterval(timer);
      running.current = null;
    };
  }, [going, id]);
  useEffect(
    () => () => {
      // Nobody looks at it any more.
      if (running.current !== null) void api.delete(`preflight/${running.current}`).catch(() => undefined);
    },
    [],
  );

  const start = async () => {
    setProblem('');
    setAbout(documentStore.getState().nodes);
    try {
      const answer = await api.post<RehearsalAnswer>('preflight', {
        pipeline: documentStore.getState().toDocument(),
      });
      setRehearsal(answer.rehearsal);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setProblem([error.error.message, error.error.hint].filter(Boolean).join(' '));
    }
  };
  const cancel = () => {
    setRehearsal(null);
    if (id !== undefined) void api.delete(`preflight/${id}`).catch(() => undefined);
  };

  const shown = about === nodes ? rehearsal : null;
  return (
    <section className={styles.rehearse} aria-label="Rehearsal">
      <div className={styles.line}>
        <p role="status">
          {problem ||
            (shown === null
              ? 'One batch of each training and scoring node tells time and memory.'
              : rehearsalWords(shown, titleOf))}
        </p>
        {going ? (
          <Button size="sm" onClick={cancel}>
            Cancel
          </Button>
        ) : (
          <Button size="sm" icon={<Gauge />} onClick={() => void start()}>
            Rehearse
          </Button>
        )}
      </div>
      {shown?.status === 'done' &&
        Object.entries(shown.nodes).map(([node, found]) =>
          found.seconds === undefined ? null : (
            <p key={node} className={styles.node}>
              <span>{titleOf(node)}</span>
              <span>
                {found.seconds_per_epoch !== undefined && `${duration(found.seconds_per_epoch)} an epoch · `}
                {duration(found.seconds)}
                {found.memory_bytes !== undefined && ` · ${bytes(found.memory_bytes)}`}
              </span>
            </p>
          ),
        )}
    </section>
  );
}
