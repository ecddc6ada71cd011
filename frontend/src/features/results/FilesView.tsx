import { File, Folder } from 'lucide-react';

import { EmptyState } from '@/components/ui/EmptyState';
import { bytes, count, counted } from '@/lib/run/format';
import type { OutputRef } from '@/lib/run/nodeNames';
import { fileUrl, usePreview } from '@/services/queries/usePreview';
import type { FilesPreview } from '@/services/types.generated';

import styles from './FilesView.module.css';
import shared from './View.module.css';

const MOST = 200;

interface FilesViewProps {
  output: OutputRef;
  preview: FilesPreview;
  compact: boolean;
}

/** The files of any folder. */
export function FilesView({ output, preview, compact }: FilesViewProps) {
  const more = usePreview<FilesPreview>(output, { limit: MOST }, !compact);
  const files = compact ? preview.files.slice(0, 3) : (more.data ?? preview).files;
  if (preview.total === 0) return <EmptyState icon={<Folder />} title="An empty folder" />;
  return (
    <div className={compact ? undefined : shared.view}>
      {!compact && <p className={shared.quiet}>{counted(preview.total, 'file')}</p>}
      <FileList output={output} preview={preview} files={files} />
      {preview.total > files.length && (
        <p className={shared.quiet}>and {count(preview.total - files.length)} more</p>
      )}
    </div>
  );
}

interface FileListProps {
  output: OutputRef;
  preview: FilesPreview;
  files: FilesPreview['files'];
}

/** Files with their sizes; those kept with the run can be downloaded one by one. */
export function FileList({ output, preview, files }: FileListProps) {
  return (
    <ul className={styles.files} aria-label="Files">
      {files.map(({ path, size }) => (
        <li key={path} className={styles.file}>
          <File aria-hidden />
          {preview.here ? (
            <a className={styles.path} href={fileUrl(output, path)} download>
              {path}
            </a>
          ) : (
            <span className={styles.path}>{path}</span>
          )}
          <span className={styles.size}>{bytes(size)}</span>
        </li>
      ))}
    </ul>
  );
}
