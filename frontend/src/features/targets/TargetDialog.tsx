import { PlugZap } from 'lucide-react';
import { type FormEvent, useEffect, useId, useMemo, useRef, useState } from 'react';

import { Button } from '@/components/ui/Button';
import { Dialog } from '@/components/ui/Dialog';
import { ErrorState } from '@/components/ui/EmptyState';
import { describedBy, Field } from '@/components/ui/Field';
import { Skeleton } from '@/components/ui/Skeleton';
import { TextField } from '@/components/ui/TextField';
import { useTargetKinds, type Target, type TargetKind } from '@/services/queries/useTargets';

import { KindChoice } from './KindChoice';
import {
  fieldsOf,
  idFault,
  idFor,
  readOptions,
  valuesOf,
  type OptionField,
  type Values,
} from './optionFields';
import { OptionFields } from './OptionFields';
import styles from './TargetDialog.module.css';
import { Failed, Found } from './TestResult';
import { TokenField, type Token } from './TokenField';
import {
  fieldAtFault,
  useAddTarget,
  useChangeTarget,
  useTestTarget,
  type TargetForm,
} from './useTargetActions';

interface TargetDialogProps {
  /** Null adds a new one. */
  target: Target | null;
  /** IDs that are in use. */
  taken: readonly string[];
  onClose: () => void;
  onSaved: (id: string, title: string) => void;
}

/** Adds a target or changes its settings. */
export function TargetDialog({ target, taken, onClose, onSaved }: TargetDialogProps) {
  const kinds = useTargetKinds();
  const heading = target === null ? 'Add a target' : `Settings of ${target.title || target.id}`;
  if (kinds.data === undefined) {
    return (
      <Dialog open onOpenChange={onClose} title={heading} size="md">
        {kinds.isError ? (
          <ErrorState
            title="The kinds of targets can’t be listed"
            error={kinds.error}
            onRetry={() => void kinds.refetch()}
          />
        ) : (
          <Skeleton height={52} lines={4} />
        )}
      </Dialog>
    );
  }
  return (
    <TargetFormDialog
      heading={heading}
      kinds={kinds.data}
      looking={kinds.isFetching}
      onLookAgain={() => void kinds.refetch()}
      target={target}
      taken={taken}
      onClose={onClose}
      onSaved={onSaved}
    />
  );
}

interface TargetFormDialogProps extends TargetDialogProps {
  heading: string;
  kinds: readonly TargetKind[];
  looking: boolean;
  onLookAgain: () => void;
}

function TargetFormDialog(props: TargetFormDialogProps) {
  const { heading, kinds, looking, onLookAgain, target, taken, onClose, onSaved } = props;
  const formId = useId();
  const [kindId, setKindId] = useState(
    target?.kind ?? kinds.find(({ installed }) => installed)?.kind ?? null,
  );
  const kind = kinds.find((one) => one.kind === kindId);
  const fields = useMemo(() => fieldsOf(kind?.schema), [kind]);
  const [typed, setTyped] = useState<Readonly<Record<string, Values>>>({});
  const values = typed[kindId ?? ''] ?? valuesOf(fields, target?.options);
  const [title, setTitle] = useState(target?.title ?? '');
  const [ownId, setOwnId] = useState<string | null>(null);
  const [token, setToken] = useState<Token>({ keep: true });
  const [tried, setTried] = useState(false);

  const id = target?.id ?? ownId ?? idFor(title, taken);
  const reading = readOptions(fields, values);
  const test = useTestTarget();
  const saved = (savedId: string) => onSaved(savedId, title.trim() || savedId);
  const add = useAddTarget(saved);
  const change = useChangeTarget(saved);
  const saving = target === null ? add : change;

  const refused = [saving.error, test.error].find((error) => fieldAtFault(error) !== null) ?? null;
  const atFault = fieldAtFault(refused);
  const faults: Record<string, string> = { ...shownFaults(reading.faults, values, tried) };
  if (refused !== null && atFault !== null) faults[atFault] = refused.message;
  const idWrong = faults['id'] ?? (target === null ? idFault(id, taken) : null);
  const known = fields.some(({ name }) => name === atFault) || atFault === 'id' || atFault === 'title';

  /** What was found or refused belongs to what stood in the form. */
  const edited = () => {
    test.reset();
    saving.reset();
  };
  const isWhole = (): boolean => {
    setTried(true);
    const first = (target === null && idFault(id, taken) !== null && 'id') || Object.keys(reading.faults)[0];
    if (first === undefined) return true;
    focusField(formId, first);
    return false;
  };
  const sent = (): TargetForm => ({
    id,
    kind: kindId ?? '',
    title: title.trim(),
    options: reading.options,
    ...tokenPart(token),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (kind?.installed !== true || !isWhole()) return;
    saving.mutate(sent(), { onError: (error) => focusField(formId, fieldAtFault(error)) });
  };
  const look = () => {
    if (!isWhole()) return;
    const { id: _new, ...form } = sent();
    test.mutate(target === null ? form : { ...form, id: target.id }, {
      onError: (error) => focusField(formId, fieldAtFault(error)),
    });
  };

  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={heading}
      size="md"
      {...(target === null && {
        description: 'A cluster that this computer can reach, for heavier nodes.',
      })}
      footer={
        <>
          <Button
            className={styles.test ?? ''}
            icon={<PlugZap />}
            busy={test.isPending}
            disabled={kind?.installed !== true}
            onClick={look}
          >
            Test connection
          </Button>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            form={formId}
            variant="primary"
            busy={saving.isPending}
            disabled={kind?.installed !== true}
          >
            {target === null ? 'Add target' : 'Save'}
          </Button>
        </>
      }
    >
      <form id={formId} className={styles.form} noValidate onSubmit={submit}>
        {target === null && (
          <KindChoice
            kinds={kinds}
            chosen={kindId}
            looking={looking}
            onLookAgain={onLookAgain}
            onChoose={(next) => {
              setKindId(next);
              setTried(false);
              edited();
            }}
          />
        )}
        {kind === undefined && target !== null && (
          <p className={styles.missing}>
            Targets of the kind ‘{target.kind}’ can’t be changed here: the package that brings it isn’t
            installed.
          </p>
        )}
        {kind?.installed === true && (
          <>
            <div className={styles.pair}>
              <Field id={`${formId}-title`} label="Name" error={faults['title']}>
                <TextField
                  id={`${formId}-title`}
                  value={title}
                  maxLength={100}
                  placeholder="Lab cluster"
                  aria-describedby={describedBy(`${formId}-title`)}
                  onChange={(event) => {
                    setTitle(event.target.value);
                    saving.reset();
                  }}
                />
              </Field>
              <Field
                id={`${formId}-id`}
                label="ID"
                hint={target === null ? 'What pipelines call it. It stays.' : 'It can’t be changed.'}
                error={(tried || ownId !== null || faults['id'] !== undefined) && idWrong}
              >
                <TextField
                  id={`${formId}-id`}
                  value={id}
                  maxLength={60}
                  disabled={target !== null}
                  invalid={(tried || ownId !== null) && idWrong !== null}
                  aria-describedby={describedBy(`${formId}-id`)}
                  onChange={(event) => {
                    setOwnId(event.target.value.trim());
                    saving.reset();
                  }}
                />
              </Field>
            </div>
            <OptionFields
              idPrefix={formId}
              fields={fields}
              values={values}
              faults={faults}
              between={
                <TokenField
                  id={`${formId}-token`}
                  kept={target?.has_token === true}
                  token={token}
                  error={faults['token']}
                  onChange={(next) => {
                    setToken(next);
                    edited();
                  }}
                />
              }
              onChange={(name, value) => {
                setTyped({ ...typed, [kindId ?? '']: { ...values, [name]: value } });
                edited();
              }}
            />
            <Outcome
              test={test.isPending ? 'looking' : (test.data ?? null)}
              failed={
                !test.isPending && test.error !== null && !(known && test.error === refused)
                  ? test.error
                  : null
              }
              refused={saving.error !== null && !(known && saving.error === refused) ? saving.error : null}
            />
          </>
        )}
      </form>
    </Dialog>
  );
}

interface OutcomeProps {
  test: Parameters<typeof Found>[0]['found'] | 'looking' | null;
  failed: Error | null;
  refused: Error | null;
}

/** What the test found, or why something was refused. It comes into view by itself and is read out. */
function Outcome({ test, failed, refused }: OutcomeProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (test !== null || failed !== null || refused !== null) {
      place.current?.scrollIntoView({ block: 'nearest' });
    }
  }, [test, failed, refused]);
  return (
    <div ref={place} role="status" className={styles.outcome}>
      {test === 'looking' && <p className={styles.looking}>Looking for its machines…</p>}
      {test !== null && test !== 'looking' && <Found found={test} />}
      {failed !== null && <Failed title="It can’t be used like this" error={failed} />}
      {refused !== null && <Failed title="It was not saved" error={refused} />}
    </div>
  );
}

/** An empty field isn't wrong before somebody wants to go on. */
function shownFaults(
  faults: Readonly<Record<string, string>>,
  values: Values,
  tried: boolean,
): Readonly<Record<string, string>> {
  if (tried) return faults;
  return Object.fromEntries(Object.entries(faults).filter(([name]) => values[name] !== ''));
}

function tokenPart(token: Token): Pick<TargetForm, 'token'> {
  if (token.keep) return {};
  return { token: token.text === '' ? null : token.text };
}

function focusField(formId: string, name: OptionField['name'] | null): void {
  if (name === null) return;
  const field = document.getElementById(`${formId}-${name}`);
  const fold = field?.closest('details');
  if (fold) fold.open = true;
  field?.focus();
}
