import { useState } from 'react';
import { Banner } from '@/components/ui/Banner';
import { Button } from '@/components/ui/Button';
import { toast } from '@/components/ui/toasts';
import { abandonDraft, loadNewer, saveAsCopy, useDraft } from '@/lib/drafts/draftStore';
import { documentStore, useDocument } from '@/lib/document/documentStore';
import type { PipelineDocument } from '@/lib/document/types';
import { navigate, paths } from '@/lib/navigation';

/** Says that the draft was changed elsewhere, and lets the person choose. Neither version is ever overwritten. */
export function StaleBanner() {
  const status = useDraft((state) => state.status);
  const edited = useDocument((state) => state.changes > 0);
  const empty = useDocument((state) => state.order.length === 0);
  const [busy, setBusy] = useState(false);
  if (status.kind !== 'stale') return null;
  const empties = empty && (status.newer?.document.nodes.length ?? 0) > 0;

  const attempt = async (action: () => Promise<void>) => {
    setBusy(true);
    try {
      await action();
    } catch (error) {
      toast({
        title: 'That did not work; your version is still here',
        description: error instanceof Error ? error.message : '',
        tone: 'danger',
      });
    } finally {
      setBusy(false);
    }
  };
  const openCopy = async (document: PipelineDocument) => {
    const copy = await saveAsCopy(document);
    abandonDraft();
    navigate(paths.pipeline(copy.id));
  };
  const takeNewer = async () => {
    const mine = await loadNewer();
    if (!mine) return;
    toast({
      title: 'Loaded the newer version',
      description: 'Your own edits can still be kept beside it.',
      action: { label: 'Keep mine as a copy', onSelect: () => void attempt(() => openCopy(mine)) },
      duration: 20_000,
    });
  };

  return (
    <Banner
      tone="warning"
      title={
        empties
          ? 'The canvas is empty, and the saved pipeline is not.'
          : status.newer
            ? 'This pipeline was changed in another tab or browser.'
            : 'This pipeline was deleted elsewhere.'
      }
      actions={
        <>
          {status.newer && (
            <Button size="sm" variant="primary" busy={busy} onClick={() => void attempt(takeNewer)}>
              {empties ? 'Load the saved pipeline' : 'Load the newer version'}
            </Button>
          )}
          <Button
            size="sm"
            busy={busy}
            onClick={() => void attempt(() => openCopy(documentStore.getState().toDocument()))}
          >
            Keep mine as a copy
          </Button>
        </>
      }
    >
      {edited
        ? 'Your edits here are not saved over it. They stay in this browser until you choose.'
        : 'Edits made here would not be saved until you choose.'}
    </Banner>
  );
}
