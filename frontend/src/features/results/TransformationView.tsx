import { Badge } from '@/components/ui/Badge';
import { EmptyState } from '@/components/ui/EmptyState';
import type { TransformationPreview } from '@/services/types.generated';

import styles from './TransformationView.module.css';
import shared from './View.module.css';

interface TransformationViewProps {
  preview: TransformationPreview;
  compact: boolean;
}

/** What a transformation does: its steps in words, and what becomes of sample images. */
export function TransformationView({ preview, compact }: TransformationViewProps) {
  const [first] = preview.samples;
  if (compact) {
    return (
      <div className={shared.glance}>
        <Steps preview={preview} />
        {first !== undefined && (
          <div className={styles.strip}>
            {[first.original, ...first.augmented].slice(0, 5).map((source, index) => (
              <img
                key={index}
                className={styles.picture}
                src={source}
                alt={index === 0 ? 'Original' : `Draw ${index}`}
              />
            ))}
          </div>
        )}
      </div>
    );
  }
  return (
    <div className={shared.view}>
      <section>
        <h3 className={shared.heading}>Steps</h3>
        <Steps preview={preview} />
      </section>
      <section>
        <h3 className={shared.heading}>What it does to a picture</h3>
        {preview.samples.length === 0 ? (
          <EmptyState title="No samples">This transformation was stored without samples.</EmptyState>
        ) : (
          <div className={styles.samples}>
            {preview.samples.map((sample, index) => (
              <div key={index} className={styles.sample}>
                <figure>
                  <img
                    className={styles.picture}
                    src={sample.original}
                    alt={`Sample ${index + 1}, original`}
                  />
                  <figcaption>Original</figcaption>
                </figure>
                {sample.augmented.map((source, draw) => (
                  <figure key={draw}>
                    <img
                      className={styles.picture}
                      src={source}
                      alt={`Sample ${index + 1}, draw ${draw + 1}`}
                    />
                    <figcaption>Draw {draw + 1}</figcaption>
                  </figure>
                ))}
              </div>
            ))}
          </div>
        )}
      </section>
    </div>
  );
}

function Steps({ preview }: { preview: TransformationPreview }) {
  if (preview.steps.length === 0) return <p className={shared.quiet}>No steps: images stay as they are.</p>;
  return (
    <ol className={styles.steps}>
      {preview.steps.map((step, index) => (
        <li key={index}>
          <span>{step.text}</span>
          {step.random && (
            <Badge tone="info" title="Drawn anew each time; left out for inference">
              random
            </Badge>
          )}
        </li>
      ))}
    </ol>
  );
}
