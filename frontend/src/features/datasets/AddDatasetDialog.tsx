import { useMutation, useQueryClient } from '@tanstack/react-query';
import { FileArchive, FolderOpen, Upload } from 'lucide-react';
import { useId, useRef, useState } from 'react';
import type { DragEvent } from 'react';

import { Button } from '@/components/ui/Button';
import { cx } from '@/components/ui/cx';
import { Dialog } from '@/components/ui/Dialog';
import { Field, describedBy } from '@/components/ui/Field';
import { TextField } from '@/components/ui/TextField';
import { bytes } from '@/lib/run/format';
import { ApiError, api } from '@/services/http';
import { useDatasets } from '@/services/queries/useDatasets';
import type { DatasetAnswer } from '@/services/types.generated';

import styles from './AddDatasetDialog.module.css';
import { isArchive, nameFrom } from './uploadRecord';
import { UploadRow } from './UploadRow';
import { useUploads } from './uploadStore';

interface AddDatasetDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** Called with the name of the new data set, also when the dialog was closed before it was there. */
  onRegistered?: (name: string) => void;
}

type Source = 'upload' | 'server';

/** Adds a data set: an archive from this computer, or a folder that lies on the server. */
export function AddDatasetDialog(props: AddDatasetDialogProps) {
  return (
    <Dialog
      open={props.open}
      onOpenChange={props.onOpenChange}
      title="Add a data set"
      description="Images sorted into one folder per category; a folder without categories is good for scoring."
    >
      <Content {...props} />
    </Dialog>
  );
}

function Content({ onOpenChange, onRegistered }: AddDatasetDialogProps) {
  const [source, setSource] = useState<Source>('upload');
  const done = (name: string) => {
    onRegistered?.(name);
    onOpenChange(false);
  };
  return (
    <div className={styles.content}>
      <div className={styles.sources} role="group" aria-label="Where the images are">
        <button
          type="button"
          className={styles.source}
          aria-pressed={source === 'upload'}
          onClick={() => {
            setSource('upload');
          }}
        >
          <FileArchive aria-hidden />
          An archive on this computer
        </button>
        <button
          type="button"
          className={styles.source}
          aria-pressed={source === 'server'}
          onClick={() => {
            setSource('server');
          }}
        >
          <FolderOpen aria-hidden />A folder on the server
        </button>
      </div>
      {source === 'upload' ? <UploadForm onDone={done} /> : <ServerForm onDone={done} />}
    </div>
  );
}

interface FormProps {
  onDone: (name: string) => void;
}

function UploadForm({ onDone }: FormProps) {
  const id = useId();
  const taken = useTakenNames();
  const input = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<File | null>(null);
  const [name, setName] = useState('');
  const [jobKey, setJobKey] = useState<string | null>(null);
  const [over, setOver] = useState(false);
  const job = useUploads(({ jobs }) => jobs.find(({ key }) => key === jobKey));
  const clash = taken.includes(name.trim());
  const wrongKind = file !== null && !isArchive(file.name);

  const choose = (chosen: File | undefined) => {
    if (chosen === undefined) return;
    setFile(chosen);
    setName(nameFrom(chosen.name, taken));
  };
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    choose(event.dataTransfer.files[0]);
  };

  if (job !== undefined) {
    return (
      <>
        <ul>
          <UploadRow job={job} />
        </ul>
        {job.status !== 'failed' && (
          <p className={styles.quiet}>This dialog may be closed; the upload goes on.</p>
        )}
      </>
    );
  }
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (file === null || clash || wrongKind || name.trim() === '') return;
        setJobKey(
          useUploads.getState().start(file, name.trim(), (dataset) => {
            onDone(dataset.name);
          }),
        );
      }}
    >
      <button
        type="button"
        className={cx(styles.drop, over && styles.over)}
        onClick={() => input.current?.click()}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => {
          setOver(false);
        }}
        onDrop={onDrop}
      >
        <Upload aria-hidden />
        {file === null ? (
          <span>Drop a .zip or .tar.gz here, or choose one</span>
        ) : (
          <span>
            <strong>{file.name}</strong>, {bytes(file.size)}
          </span>
        )}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        accept=".zip,.tar,.gz,.tgz,.bz2"
        aria-label="Archive to upload"
        onChange={(event) => {
          choose(event.target.files?.[0]);
          event.target.value = '';
        }}
      />
      {wrongKind && (
        <p className={styles.problem} role="alert">
          {file.name} is no archive. Pack the folder with the images into a .zip and choose that.
        </p>
      )}
      <NameField id={id} name={name} onName={setName} clash={clash} />
      <div className={styles.actions}>
        <Button
          type="submit"
          variant="primary"
          disabled={file === null || wrongKind || clash || name.trim() === ''}
        >
          Upload
        </Button>
      </div>
    </form>
  );
}

function ServerForm({ onDone }: FormProps) {
  const id = useId();
  const client = useQueryClient();
  const taken = useTakenNames();
  const [path, setPath] = useState('');
  const [typed, setTyped] = useState<string | null>(null);
  const lastPart = path.split(/[\\/]/).findLast((part) => part !== '') ?? '';
  const name = typed ?? (lastPart === '' ? '' : nameFrom(lastPart, taken));
  const clash = taken.includes(name.trim());
  const register = useMutation({
    mutationFn: () => api.post<DatasetAnswer>('datasets', { name: name.trim(), path: path.trim() }),
    onSuccess: async ({ dataset }) => {
      await client.invalidateQueries({ queryKey: ['datasets'] });
      onDone(dataset.name);
    },
  });
  const error = register.error instanceof ApiError ? register.error.error : null;
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        register.mutate();
      }}
    >
      <Field
        id={`${id}-path`}
        label="Folder or archive"
        hint="A path on the machine that runs the server, under a folder that it may read. The images stay where they are."
      >
        <TextField
          id={`${id}-path`}
          value={path}
          placeholder="/data/flowers"
          invalid={error !== null}
          aria-describedby={describedBy(`${id}-path`)}
          onChange={(event) => {
            setPath(event.target.value);
          }}
        />
      </Field>
      <NameField id={id} name={name} onName={setTyped} clash={clash} />
      {error !== null && (
        <p className={styles.problem} role="alert">
          {error.message} {error.hint}
        </p>
      )}
      <div className={styles.actions}>
        <Button
          type="submit"
          variant="primary"
          busy={register.isPending}
          disabled={path.trim() === '' || name.trim() === '' || clash}
        >
          Register
        </Button>
      </div>
    </form>
  );
}

interface NameFieldProps {
  id: string;
  name: string;
  onName: (name: string) => void;
  clash: boolean;
}

function NameField({ id, name, onName, clash }: NameFieldProps) {
  return (
    <Field
      id={`${id}-name`}
      label="Name"
      hint="How pipelines refer to it."
      error={clash ? 'There is a data set with this name already.' : null}
    >
      <TextField
        id={`${id}-name`}
        value={name}
        invalid={clash}
        maxLength={199}
        aria-describedby={describedBy(`${id}-name`)}
        onChange={(event) => {
          onName(event.target.value);
        }}
      />
    </Field>
  );
}

function useTakenNames(): readonly string[] {
  return useDatasets().data?.map(({ name }) => name) ?? [];
}
