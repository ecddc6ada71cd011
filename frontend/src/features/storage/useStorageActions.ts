import { useMutation, useQueryClient } from '@tanstack/react-query';

import { toast } from '@/components/ui/toasts';
import { refreshPlan } from '@/lib/plan/planStore';
import { bytes, counted } from '@/lib/run/format';
import { api } from '@/services/http';
import {
  storageQuery,
  type CollectAnswer,
  type StorageAnswer,
  type StoredArtifact,
  type StoredRun,
} from '@/services/queries/useStorage';

function complain(title: string) {
  return (error: Error) => {
    toast({ title, description: error.message, tone: 'danger' });
  };
}

/** Lists and figures ask anew, and so does the plan: what was deleted can't be reused. */
function useChanged(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    refreshPlan();
    await Promise.all([
      client.invalidateQueries({ queryKey: ['storage'] }),
      client.invalidateQueries({ queryKey: ['runs'] }),
    ]);
  };
}

/** Keeps a run with all it needs, or lets it go again. */
export function usePinRun() {
  const changed = useChanged();
  return useMutation({
    mutationFn: ({ id, pinned }: Pick<StoredRun, 'id' | 'pinned'>) => {
      const path = `runs/${encodeURIComponent(id)}/pin`;
      return pinned ? api.delete(path) : api.put(path, {});
    },
    onSuccess: changed,
    onError: complain('The pin was not changed'),
  });
}

export function usePinArtifact() {
  const changed = useChanged();
  return useMutation({
    mutationFn: ({ digest, pinned }: Pick<StoredArtifact, 'digest' | 'pinned'>) => {
      const path = `artifacts/${encodeURIComponent(digest)}/pin`;
      return pinned ? api.delete(path) : api.put(path, {});
    },
    onSuccess: changed,
    onError: complain('The pin was not changed'),
  });
}

export function useDeleteRun(onDeleted: () => void) {
  const changed = useChanged();
  return useMutation({
    mutationFn: ({ id }: Pick<StoredRun, 'id'>) => api.delete(`runs/${encodeURIComponent(id)}`),
    onSuccess: async () => {
      onDeleted();
      await changed();
    },
    onError: complain('The run was not deleted'),
  });
}

export function useSetBudget() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (budget: number | null) => api.put<StorageAnswer>('storage/budget', { bytes: budget }),
    onSuccess: (answer) => {
      client.setQueryData(storageQuery.queryKey, answer);
      toast({
        title: answer.budget === null ? 'No limit any more' : `The budget is ${bytes(answer.budget)}`,
      });
    },
    onError: complain('The budget was not set'),
  });
}

/** What freeing up room would remove. Changes nothing. */
export function useDryCollect() {
  return useMutation({
    mutationFn: () => api.post<CollectAnswer>('storage/collect', { dry_run: true }),
  });
}

export function useCollect(onDone: () => void) {
  const changed = useChanged();
  return useMutation({
    mutationFn: () => api.post<CollectAnswer>('storage/collect', { dry_run: false }),
    onSuccess: async ({ freed, artifacts }) => {
      toast({
        title: `${bytes(freed)} freed`,
        description: `${counted(artifacts.length, 'artifact')} removed.`,
        tone: 'success',
      });
      onDone();
      await changed();
    },
    onError: complain('No room was freed'),
  });
}
