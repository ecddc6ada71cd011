import { Check, Download, Link, X } from 'lucide-react';
import { Dialog } from 'radix-ui';

import { Button } from '@/components/ui/Button';
import { IconButton } from '@/components/ui/IconButton';
import { useCatalog } from '@/lib/modules/catalog';
import { bytes, counted } from '@/lib/run/format';
import { useNodeOutputs, useRunNodeTitle } from '@/lib/run/nodeNames';
import type { OutputRef } from '@/lib/run/nodeNames';
import { useCopy } from '@/lib/useCopy';
import { downloadUrl } from '@/services/queries/usePreview';

import { focusWhole } from './focusWhole';
import { OutputView } from './OutputView';
import styles from './ViewerDialog.module.css';

interface OutputDialogProps {
  nodeId: string;
  port: string;
  onClose: () => void;
}

/** The dialog of an output that is named, as by a link; nothing before the run is there or where it has none. */
export function OutputDialog({ nodeId, port, onClose }: OutputDialogProps) {
  const output = useNodeOutputs(nodeId).find((made) => made.port === port);
  return output === undefined ? null : <ViewerDialog output={output} onClose={onClose} />;
}

interface ViewerDialogProps {
  output: OutputRef;
  onClose: () => void;
}

/** One output, as large as the window. */
function ViewerDialog({ output, onClose }: ViewerDialogProps) {
  const title = useRunNodeTitle(output.nodeId);
  const type = useCatalog((catalog) => catalog.types.get(output.type)?.title ?? output.type);
  return (
    <Dialog.Root
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <Dialog.Portal>
        <Dialog.Overlay className={styles.scrim} />
        <Dialog.Content className={styles.content} aria-describedby={undefined} onOpenAutoFocus={focusWhole}>
          <header className={styles.header}>
            <div className={styles.heading}>
              <Dialog.Title className={styles.title}>
                {title} <span className={styles.port}>{output.label}</span>
              </Dialog.Title>
              <p className={styles.facts}>
                {type} · {bytes(output.size)} · {counted(output.files, 'file')}
              </p>
            </div>
            <CopyLink />
            <Button
              icon={<Download />}
              onClick={() => {
                window.location.assign(downloadUrl(output));
              }}
            >
              Download
            </Button>
            <Dialog.Close asChild>
              <IconButton label="Close" icon={<X />} />
            </Dialog.Close>
          </header>
          <div className={styles.body}>
            <OutputView output={output} />
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** The address says what is open and how it is narrowed, so it is all that somebody else needs. */
function CopyLink() {
  const [copied, copy] = useCopy();
  return (
    <IconButton
      label={copied ? 'Link copied' : 'Copy a link to this view'}
      icon={copied ? <Check /> : <Link />}
      onClick={() => copy(location.href)}
    />
  );
}
