import { Button } from '@/components/ui/Button';
import { describedBy, Field } from '@/components/ui/Field';
import { TextField } from '@/components/ui/TextField';

import styles from './TargetDialog.module.css';

/** The token as it is kept, or another one; an empty one takes it away. */
export type Token = { readonly keep: true } | { readonly keep: false; readonly text: string };

interface TokenFieldProps {
  id: string;
  /** Whether the server keeps one already. It never shows it. */
  kept: boolean;
  token: Token;
  error: string | undefined;
  onChange: (token: Token) => void;
}

export function TokenField({ id, kept, token, error, onChange }: TokenFieldProps) {
  const removed = kept && !token.keep && token.text === '';
  return (
    <Field
      id={id}
      label="Token"
      error={error}
      hint={
        removed
          ? 'The kept token goes when you save. Type another one to keep that instead.'
          : kept && token.keep
            ? 'A token is kept and never shown. Type another one to replace it.'
            : 'If the cluster asks for one. It is kept in a file that only you can read, and never shown again.'
      }
      actions={
        kept && (
          <Button
            size="sm"
            variant="ghost"
            className={styles.tokenTool ?? ''}
            onClick={() => onChange(token.keep ? { keep: false, text: '' } : { keep: true })}
          >
            {token.keep ? 'Remove the token' : 'Keep the old one'}
          </Button>
        )
      }
    >
      <TextField
        id={id}
        type="password"
        autoComplete="new-password"
        value={token.keep ? '' : token.text}
        placeholder={kept && token.keep ? '••••••••' : ''}
        aria-describedby={describedBy(id)}
        invalid={error !== undefined}
        onChange={(event) => {
          const text = event.target.value;
          onChange(text === '' && !kept ? { keep: true } : { keep: false, text });
        }}
      />
    </Field>
  );
}
