import { create } from 'zustand';

import { backoff } from '@/services/backoff';
import { ApiError, api } from '@/services/http';
import { queryClient } from '@/services/queries/queryClient';
import type {
  Dataset,
  DatasetAnswer,
  ErrorRecord,
  Upload,
  UploadAnswer,
  UploadConflict,
} from '@/services/types.generated';

import { sendParts } from './sendParts';
import { dropRecord, loadRecords, recordOf, saveRecord } from './uploadRecord';
import type { UploadRecord } from './uploadRecord';

/**
 * An upload as the panel shows it. `interrupted`: begun before the page was loaded, so that the file has to be chosen
 * again before it can go on.
 */
export interface UploadJob {
  key: string;
  name: string;
  filename: string;
  size: number;
  received: number;
  status: 'sending' | 'paused' | 'checking' | 'failed' | 'interrupted';
  /** The connection is lost; it goes on by itself. */
  stalled: boolean;
  error: ErrorRecord | null;
}

interface Work {
  file: File;
  upload: Upload | null;
  control: AbortController;
  onDone: ((dataset: Dataset) => void) | undefined;
}

interface UploadState {
  jobs: readonly UploadJob[];
  /** Begins an upload, or goes on with the one that this file began; the answer is the job's key. */
  start: (file: File, name: string, onDone?: (dataset: Dataset) => void) => string;
  pause: (key: string) => void;
  resume: (key: string) => void;
  /** Gives an upload up; the server forgets its bytes. */
  abandon: (key: string) => void;
}

const work = new Map<string, Work>();
let lastKey = 0;

export const useUploads = create<UploadState>((set, get) => {
  const change = (key: string, changes: Partial<UploadJob>) =>
    set(({ jobs }) => ({ jobs: jobs.map((job) => (job.key === key ? { ...job, ...changes } : job)) }));
  const remove = (key: string) => {
    work.delete(key);
    set(({ jobs }) => ({ jobs: jobs.filter((job) => job.key !== key) }));
  };
  const jobOf = (key: string) => get().jobs.find((job) => job.key === key);

  async function run(key: string): Promise<void> {
    const task = work.get(key);
    const job = jobOf(key);
    if (task === undefined || job === undefined) return;
    const { file } = task;
    const control = new AbortController();
    task.control = control;
    change(key, { status: 'sending', error: null, stalled: false });
    try {
      const upload = await begin(task.upload?.id, job.name, file);
      task.upload = upload;
      remember(upload, file);
      change(key, { received: upload.received });
      await sendParts(
        file,
        upload,
        {
          put: (offset, part, signal) => putPart(upload.id, offset, part, signal),
          retryAfter: (error, tries) =>
            error instanceof ApiError && error.unreachable ? Math.max(500, backoff(tries)) : null,
          wait: pauseFor,
          onProgress: (received) => {
            remember({ ...upload, received }, file);
            change(key, { received });
          },
          onStalled: (stalled) => {
            change(key, { stalled });
          },
        },
        control.signal,
      );
      change(key, { status: 'checking', stalled: false });
      const { dataset } = await api.post<DatasetAnswer>(`datasets/uploads/${upload.id}/finish`);
      dropRecord(upload.id);
      remove(key);
      await queryClient.invalidateQueries({ queryKey: ['datasets'] });
      task.onDone?.(dataset);
    } catch (error) {
      if (control.signal.aborted) return;
      if (error instanceof ApiError && error.unreachable) change(key, { status: 'paused', stalled: false });
      else {
        // What the server refused, such as a hostile archive, it does not keep; bytes sent so far have to be dropped.
        if (task.upload !== null && jobOf(key)?.status === 'checking') dropRecord(task.upload.id);
        else if (task.upload !== null) forget(task.upload.id);
        task.upload = null;
        change(key, { status: 'failed', stalled: false, error: asRecord(error) });
      }
    }
  }

  function go(key: string, task: Omit<Work, 'control'>): void {
    work.set(key, { ...task, control: new AbortController() });
    void run(key);
  }

  return {
    jobs: loadRecords().map(asInterrupted),

    start: (file, name, onDone) => {
      const known = recordOf(file, loadRecords());
      const shown = get().jobs.find(({ key }) => known !== undefined && uploadIdOf(key) === known.uploadId);
      if (shown !== undefined) {
        const busy = shown.status === 'sending' || shown.status === 'checking';
        if (!busy) go(shown.key, { file, upload: known === undefined ? null : asUpload(known), onDone });
        return shown.key;
      }
      lastKey += 1;
      const key = `new-${lastKey}`;
      const job: UploadJob = {
        key,
        name,
        filename: file.name,
        size: file.size,
        received: 0,
        status: 'sending',
        stalled: false,
        error: null,
      };
      set(({ jobs }) => ({ jobs: [...jobs, job] }));
      go(key, { file, upload: known === undefined ? null : asUpload(known), onDone });
      return key;
    },

    pause: (key) => {
      work.get(key)?.control.abort();
      change(key, { status: 'paused', stalled: false });
    },

    resume: (key) => {
      if (work.has(key)) void run(key);
    },

    abandon: (key) => {
      const task = work.get(key);
      task?.control.abort();
      const uploadId = uploadIdOf(key);
      remove(key);
      if (uploadId !== undefined) forget(uploadId);
    },
  };
});

function uploadIdOf(key: string): string | undefined {
  return work.get(key)?.upload?.id ?? loadRecords().find(({ uploadId }) => uploadId === key)?.uploadId;
}

function forget(uploadId: string): void {
  dropRecord(uploadId);
  api.delete(`datasets/uploads/${uploadId}`).catch(() => {
    // Nothing is lost: the server cleans away uploads that nobody goes on with.
  });
}

/** The upload to go on with, or a new one when there is none or the server has cleaned it away. */
async function begin(uploadId: string | undefined, name: string, file: File): Promise<Upload> {
  if (uploadId !== undefined) {
    try {
      return (await api.get<UploadAnswer>(`datasets/uploads/${uploadId}`)).upload;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      dropRecord(uploadId);
    }
  }
  return (await api.post<UploadAnswer>('datasets', { name, filename: file.name, size: file.size })).upload;
}

async function putPart(uploadId: string, offset: number, part: Blob, signal: AbortSignal): Promise<number> {
  try {
    const answer = await api.put<UploadAnswer>(`datasets/uploads/${uploadId}?offset=${offset}`, part, {
      signal,
    });
    return answer.upload.received;
  } catch (error) {
    const received = error instanceof ApiError && error.status === 409 ? conflict(error.body) : null;
    if (received === null) throw error;
    return received;
  }
}

function conflict(body: unknown): number | null {
  const { received } = (body ?? {}) as Partial<UploadConflict>;
  return typeof received === 'number' ? received : null;
}

function pauseFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done, { once: true });
  });
}

function remember(upload: Upload, file: File): void {
  const { id, name, filename, size, received } = upload;
  saveRecord({ uploadId: id, name, filename, size, lastModified: file.lastModified, received });
}

function asInterrupted(record: UploadRecord): UploadJob {
  return {
    key: record.uploadId,
    name: record.name,
    filename: record.filename,
    size: record.size,
    received: record.received,
    status: 'interrupted',
    stalled: false,
    error: null,
  };
}

function asUpload({ uploadId, name, filename, size, received }: UploadRecord): Upload {
  return { id: uploadId, name, filename, size, received, part_size: 4 * 1024 * 1024 };
}

function asRecord(error: unknown): ErrorRecord {
  if (error instanceof ApiError) return error.error;
  return {
    code: '1000',
    name: 'UploadFailed',
    message: error instanceof Error ? error.message : String(error),
  };
}
