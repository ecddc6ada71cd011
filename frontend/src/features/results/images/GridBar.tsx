import { memo, useState } from 'react';

import { Select } from '@/components/ui/Select';
import { TextField } from '@/components/ui/TextField';
import { count } from '@/lib/run/format';

import styles from './GridBar.module.css';

/** A place in a list that has a name. */
export interface Landmark {
  name: string;
  index: number;
}

interface GridBarProps {
  first: number;
  last: number;
  total: number;
  landmarks: readonly Landmark[];
  onJump: (index: number) => void;
}

/** Which of many pictures are in sight, and ways to others. */
export function GridBar({ first, last, total, landmarks, onJump }: GridBarProps) {
  const here = landmarks.findLast(({ index }) => index <= first);
  return (
    <div className={styles.bar}>
      <span className={styles.place}>
        {count(first + 1)}–{count(last + 1)} of {count(total)}
      </span>
      <Jumps here={here?.name ?? null} total={total} landmarks={landmarks} onJump={onJump} />
    </div>
  );
}

interface JumpsProps extends Pick<GridBarProps, 'total' | 'landmarks' | 'onJump'> {
  here: string | null;
}

const Jumps = memo(function Jumps({ here, total, landmarks, onJump }: JumpsProps) {
  const [wanted, setWanted] = useState('');
  return (
    <>
      {landmarks.length > 1 && (
        <label className={styles.field}>
          Jump to
          <Select
            label="Jump to category"
            value={here}
            options={landmarks.map(({ name }) => ({ value: name, label: name }))}
            onValueChange={(name) => {
              const found = landmarks.find((landmark) => landmark.name === name);
              if (found !== undefined) onJump(found.index);
            }}
          />
        </label>
      )}
      <form
        className={styles.field}
        onSubmit={(event) => {
          event.preventDefault();
          const number = Math.round(Number(wanted));
          if (number >= 1) onJump(Math.min(total, number) - 1);
          setWanted('');
        }}
      >
        <label className={styles.field}>
          Image
          <TextField
            className={styles.number}
            inputMode="numeric"
            placeholder="number"
            aria-label="Go to image number"
            value={wanted}
            onChange={(event) => {
              setWanted(event.target.value.replace(/\D/g, ''));
            }}
          />
        </label>
      </form>
    </>
  );
});
