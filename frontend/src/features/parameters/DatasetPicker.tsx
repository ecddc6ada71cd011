import { Upload } from 'lucide-react';
import { useState } from 'react';
import { Button } from '@/components/ui/Button';
import { Select } from '@/components/ui/Select';
import { TextField } from '@/components/ui/TextField';
import { useDatasets } from '@/services/queries/useDatasets';
import type { Dataset } from '@/services/types.generated';
import styles from './DatasetPicker.module.css';
import { useUpload } from './upload';
import type { WidgetProps } from './widgets';

/** Chooses a registered data set, or names a folder or archive on the server. */
export function DatasetPicker(props: WidgetProps) {
  const { id, value, invalid, describedBy, onChange, onLeave } = props;
  const { data: datasets } = useDatasets();
  const upload = useUpload();
  const text = typeof value === 'string' ? value : '';
  const registered = datasets?.some((dataset) => dataset.name === text) ?? false;
  const [wantsPath, setWantsPath] = useState<boolean | null>(null);
  const byPath = wantsPath ?? (text !== '' && datasets !== undefined && !registered);

  return (
    <div className={styles.picker}>
      <div className={styles.row}>
        {byPath ? (
          <TextField
            id={id}
            value={text}
            placeholder="/path/to/folder or archive.zip"
            onChange={(event) => onChange(event.target.value)}
            onBlur={onLeave}
            invalid={invalid}
            aria-describedby={describedBy}
          />
        ) : (
          <Select
            id={id}
            value={text === '' ? null : text}
            onValueChange={onChange}
            options={(datasets ?? []).map((dataset) => ({
              value: dataset.name,
              label: dataset.name,
              hint: aboutDataset(dataset),
            }))}
            placeholder={datasets?.length === 0 ? 'No data set yet' : 'Choose a data set…'}
            disabled={datasets?.length === 0}
            invalid={invalid}
            describedBy={describedBy}
          />
        )}
        {upload && (
          <Button size="lg" icon={<Upload />} onClick={() => upload(onChange)}>
            Upload…
          </Button>
        )}
      </div>
      <button type="button" className={styles.other} onClick={() => setWantsPath(!byPath)}>
        {byPath ? 'Choose a registered data set instead' : 'Name a folder or archive on the server instead'}
      </button>
    </div>
  );
}

/** What the list says below a data set's name. */
function aboutDataset({ summary, size, kind }: Dataset): string {
  const { images, categories } = summary;
  const classes = categories === undefined ? 0 : Object.keys(categories).length;
  return [
    images !== undefined && `${images.toLocaleString('en')} images`,
    classes > 0 && `${classes} classes`,
    images === undefined && size > 0 && `${(size / 1e6).toFixed(1)} MB`,
    kind === 'folder' && 'folder on the server',
  ]
    .filter(Boolean)
    .join(' · ');
}
