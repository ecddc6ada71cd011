import { useEffect } from 'react';
import { toast } from '@/components/ui/toasts';
import { documentStore } from '@/lib/document/documentStore';
import { whileStep } from '@/lib/document/whileStep';
import { draftStore } from '@/lib/drafts/draftStore';

/** When a full pipeline has become an empty one: say so, and offer the way back. */
export function useClearedNotice(): void {
  useEffect(
    () =>
      draftStore.subscribe((now, before) => {
        if (now.cleared <= before.cleared) return;
        const { cursor } = documentStore.getState().history;
        const dismiss = toast({
          title: 'The canvas is empty now',
          description: 'Every node was removed. Earlier states stay in the version history.',
          tone: 'warning',
          duration: 20_000,
          action: {
            label: 'Bring it back',
            onSelect: () => documentStore.getState().jumpTo(cursor - 1),
          },
        });
        whileStep(dismiss);
      }),
    [],
  );
}
