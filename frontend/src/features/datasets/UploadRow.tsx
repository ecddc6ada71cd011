import { Pause, Play, X } from 'lucide-react';
import { useRef } from 'react';

import { Button } from '@/components/ui/Button';
import { IconButton } from '@/components/ui/IconButton';
import { ProgressBar } from '@/components/ui/ProgressBar';
import { toast } from '@/components/ui/toasts';
import { bytes, percent } from '@/lib/run/format';

import styles from './UploadRow.module.css';
import { loadRecords, recordOf } from './uploadRecord';
import { useUploads } from './uploadStore';
import type { UploadJob } from './uploadStore';

/** One upload: how far it is, and the means to hold it, go on, or give it up. */
export function UploadRow({ job }: { job: UploadJob }) {
  const { pause, resume, abandon } = useUploads.getState();
  const part = job.size === 0 ? 1 : job.received / job.size;
  return (
    <li className={styles.row} data-status={job.status}>
      <div className={styles.head}>
        <span className={styles.name}>{job.name}</span>
        {job.status === 'sending' && (
          <IconButton
            label="Pause the upload"
            size="sm"
            icon={<Pause />}
            onClick={() => {
              pause(job.key);
            }}
          />
        )}
        {job.status === 'paused' && (
          <IconButton
            label="Go on with the upload"
            size="sm"
            icon={<Play />}
            onClick={() => {
              resume(job.key);
            }}
          />
        )}
        {job.status !== 'checking' && (
          <IconButton
            label={job.status === 'failed' ? 'Dismiss' : 'Give the upload up'}
            size="sm"
            icon={<X />}
            onClick={() => {
              abandon(job.key);
            }}
          />
        )}
      </div>
      {job.status === 'failed' ? (
        <Failure job={job} />
      ) : (
        <>
          <ProgressBar
            label={`Upload of ${job.name}`}
            value={job.status === 'checking' ? null : part}
            tone={job.status === 'sending' && !job.stalled ? 'accent' : 'neutral'}
          />
          <p className={styles.words} role="status">
            <span>{wordsOf(job)}</span>
            <span>
              {bytes(job.received)} of {bytes(job.size)}
            </span>
          </p>
        </>
      )}
      {job.status === 'interrupted' && <ChooseAgain job={job} />}
    </li>
  );
}

function wordsOf(job: UploadJob): string {
  switch (job.status) {
    case 'sending':
      return job.stalled
        ? 'Connection lost; goes on by itself'
        : percent(job.received / Math.max(1, job.size), 0);
    case 'paused':
      return 'Paused';
    case 'checking':
      return 'Checking the archive…';
    case 'interrupted':
      return 'Cut off half-way';
    case 'failed':
      return 'Failed';
  }
}

function Failure({ job }: { job: UploadJob }) {
  const { resume } = useUploads.getState();
  return (
    <div className={styles.failure} role="alert">
      <p className={styles.message}>{job.error?.message ?? 'The upload failed.'}</p>
      {job.error?.hint !== undefined && <p className={styles.hint}>{job.error.hint}</p>}
      <Button
        size="sm"
        onClick={() => {
          resume(job.key);
        }}
      >
        Try again
      </Button>
    </div>
  );
}

function goOn(job: UploadJob, file: File): void {
  if (recordOf(file, loadRecords())?.uploadId === job.key) {
    useUploads.getState().start(file, job.name);
    return;
  }
  toast({
    title: `That is not the ${job.filename} from before`,
    description: 'Its size or time of change differs. Give this upload up and begin a new one.',
    tone: 'warning',
  });
}

/** A page may not open a file by itself: after a reload the same one is chosen again, and only the rest is sent. */
function ChooseAgain({ job }: { job: UploadJob }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <div className={styles.again}>
      <p>Choose {job.filename} again to send the rest.</p>
      <Button size="sm" onClick={() => input.current?.click()}>
        Choose…
      </Button>
      <input
        ref={input}
        type="file"
        hidden
        aria-label={`Choose ${job.filename} again`}
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file !== undefined) goOn(job, file);
          event.target.value = '';
        }}
      />
    </div>
  );
}
