import { Check } from 'lucide-react';
import { Dialog } from '@/components/ui/Dialog';
import { documentStore, useDocument } from '@/lib/document/documentStore';
import styles from './StepsDialog.module.css';

interface StepsDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** Every step since the pipeline was opened, by name: choose one to go there, and another to go on. */
export function StepsDialog({ open, onOpenChange }: StepsDialogProps) {
  const { entries, cursor } = useDocument((state) => state.history);
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Steps"
      description="What was done since the pipeline was opened here, newest first. Go back and forth as you like."
    >
      <ol className={styles.list} reversed>
        {entries
          .map((entry, index) => ({ entry, index }))
          .reverse()
          .map(({ entry, index }) => (
            <li key={index}>
              <button
                type="button"
                className={styles.step}
                aria-current={index === cursor ? 'step' : undefined}
                data-undone={index > cursor || undefined}
                onClick={() => documentStore.getState().jumpTo(index)}
              >
                <span className={styles.label}>{entry.label}</span>
                {index === cursor && <Check aria-hidden />}
                <time className={styles.time}>{clock(entry.time)}</time>
              </button>
            </li>
          ))}
      </ol>
    </Dialog>
  );
}

function clock(time: number): string {
  return new Date(time).toLocaleTimeString('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
}
