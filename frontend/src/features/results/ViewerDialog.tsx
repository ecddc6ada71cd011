import { Check, Download, Link } from 'lucide-react';

import { Button } from '@/components/ui/Button';
import { Dialog } from '@/components/ui/Dialog';
import { IconButton } from '@/components/ui/IconButton';
import { useCatalog } from '@/lib/modules/catalog';
import { bytes, counted } from '@/lib/run/format';
import { useNodeOutputs, useRunNodeTitle } from '@/lib/run/nodeNames';
import type { OutputRef } from '@/lib/run/nodeNames';
import { useCopy } from '@/lib/useCopy';
import { downloadUrl } from '@/services/queries/usePreview';

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
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      size="full"
      flush
      title={
        <>
          {title} <span className={styles.port}>{output.label}</span>
        </>
      }
      description={`${type} · ${bytes(output.size)} · ${counted(output.files, 'file')}`}
      actions={
        <>
          <CopyLink />
          <Button
            icon={<Download />}
            onClick={() => {
              window.location.assign(downloadUrl(output));
            }}
          >
            Download
          </Button>
        </>
      }
    >
      <OutputView output={output} />
    </Dialog>
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
