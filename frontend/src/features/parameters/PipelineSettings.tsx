import { useId } from 'react';
import { Field } from '@/components/ui/Field';
import { TextArea, TextField } from '@/components/ui/TextField';
import { documentStore, useDocument } from '@/lib/document/documentStore';
import { navigate, paths } from '@/lib/navigation';
import styles from './PipelineSettings.module.css';
import { TargetSelect } from './TargetSelect';

/** The settings of the pipeline itself, shown while nothing is selected. */
export function PipelineSettings() {
  const id = useId();
  const name = useDocument((state) => state.name);
  const description = useDocument((state) => state.description);
  const target = useDocument((state) => state.defaultComputeTarget);
  const { setName, setDescription, setDefaultComputeTarget, endBurst } = documentStore.getState();
  return (
    <div className={styles.settings} data-draft-fields>
      <Field
        id={`${id}-name`}
        label="Name"
        error={name.trim() === '' && 'Without a name it is saved as ‘Untitled pipeline’.'}
      >
        <TextField
          id={`${id}-name`}
          value={name}
          maxLength={200}
          onChange={(event) => setName(event.target.value)}
          onBlur={endBurst}
        />
      </Field>
      <Field id={`${id}-description`} label="Description">
        <TextArea
          id={`${id}-description`}
          value={description}
          maxLength={10_000}
          placeholder="What is this pipeline for?"
          onChange={(event) => setDescription(event.target.value)}
          onBlur={endBurst}
        />
      </Field>
      <Field
        id={`${id}-target`}
        label="Default compute target"
        hint={
          <>
            Where nodes run, unless a node names another target.{' '}
            <a
              href={paths.targets}
              onClick={(event) => {
                if (event.metaKey || event.ctrlKey) return;
                event.preventDefault();
                navigate(paths.targets);
              }}
            >
              Manage targets
            </a>
          </>
        }
      >
        <TargetSelect id={`${id}-target`} value={target} onValueChange={setDefaultComputeTarget} />
      </Field>
    </div>
  );
}
