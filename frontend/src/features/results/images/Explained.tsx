import { useState } from 'react';

import { ErrorState } from '@/components/ui/EmptyState';
import { Spinner } from '@/components/ui/Spinner';
import { percent } from '@/lib/run/format';
import { explanationUrl, useExplanation } from '@/services/queries/usePreview';

import styles from './Explained.module.css';
import type { Question } from './Lightbox';

interface ExplainedProps {
  digest: string;
  imageId: string;
  question: Question;
}

/** What the network saw, and over it how much each place spoke for a category (Grad-CAM). */
export function Explained({ digest, imageId, question }: ExplainedProps) {
  const { model, predicted, truth } = question;
  const [category, setCategory] = useState(predicted);
  const [strength, setStrength] = useState(100);
  const asked = { model, images: digest, image: imageId, category };
  const answer = useExplanation(asked);
  const choices = truth === null || truth === predicted ? [predicted] : [predicted, truth];
  return (
    <div className={styles.explained}>
      <div className={styles.stage}>
        {answer.isPending && (
          <p className={styles.wait} role="status">
            <Spinner /> Asking the network…
          </p>
        )}
        {answer.isError && (
          <ErrorState
            title="No explanation"
            error={answer.error}
            onRetry={() => {
              void answer.refetch();
            }}
          />
        )}
        {answer.isSuccess && (
          <div className={styles.layers}>
            <img className={styles.layer} src={explanationUrl(asked, 'seen')} alt="What the network saw" />
            <img
              className={styles.layer}
              style={{ opacity: strength / 100 }}
              src={explanationUrl(asked, 'heat')}
              alt={`Heat map: places that speak for ${category}`}
            />
          </div>
        )}
      </div>
      <div className={styles.tools}>
        {choices.length > 1 && (
          <div className={styles.choices} role="group" aria-label="Explain which category">
            {choices.map((name, index) => (
              <button
                key={name}
                type="button"
                className={styles.choice}
                aria-pressed={name === category}
                onClick={() => {
                  setCategory(name);
                }}
              >
                {index === 0 ? 'Predicted' : 'True'}: {name}
              </button>
            ))}
          </div>
        )}
        <label className={styles.strength}>
          Heat
          <input
            type="range"
            min={0}
            max={100}
            value={strength}
            onChange={(event) => {
              setStrength(Number(event.target.value));
            }}
          />
        </label>
        <span className={styles.legend}>
          little <i className={styles.scale} aria-hidden /> much
        </span>
      </div>
      {answer.isSuccess && (
        <p className={styles.words}>
          {answer.data.nothing
            ? `No place of this image speaks for ${category}; `
            : `Which places speak for ${category}, in ${answer.data.places.join(' × ')} parts; `}
          the network gives it {percent(answer.data.probability)}.
        </p>
      )}
    </div>
  );
}
