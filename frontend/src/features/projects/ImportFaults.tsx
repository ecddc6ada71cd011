import { Button } from '@/components/ui/Button';
import { Dialog } from '@/components/ui/Dialog';
import type { ErrorRecord } from '@/services/types.generated';
import styles from './ImportFaults.module.css';

interface ImportFaultsProps {
  fileName: string;
  message: string | null;
  faults: readonly ErrorRecord[];
  /** Absent where the file can't be opened at all. */
  onOpenAnyway: (() => void) | null;
  onClose: () => void;
}

/** What is wrong with a file that was to be imported. */
export function ImportFaults({ fileName, message, faults, onOpenAnyway, onClose }: ImportFaultsProps) {
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title={onOpenAnyway ? `‘${fileName}’ has faults` : `‘${fileName}’ was not imported`}
      description={
        message ??
        (faults.length === 1
          ? 'It can be opened and mended here.'
          : `It can be opened with its ${faults.length} faults and mended here.`)
      }
      footer={
        <>
          <Button onClick={onClose}>{onOpenAnyway ? 'Cancel' : 'Close'}</Button>
          {onOpenAnyway && (
            <Button variant="primary" onClick={onOpenAnyway}>
              Open it anyway
            </Button>
          )}
        </>
      }
    >
      {faults.length > 0 && (
        <ul className={styles.list}>
          {faults.map((fault, index) => (
            <li key={index} className={styles.fault}>
              {fault.node !== undefined && <code className={styles.place}>{placeOf(fault)}</code>}
              <p>{fault.message}</p>
              {fault.hint !== undefined && <p className={styles.hint}>{fault.hint}</p>}
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}

function placeOf(fault: ErrorRecord): string {
  return [fault.node, fault.parameter ?? fault.port].filter(Boolean).join(' › ');
}
