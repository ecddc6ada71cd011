import { useMutation, useQueryClient } from '@tanstack/react-query';

import { toast } from '@/components/ui/toasts';
import { api, ApiError } from '@/services/http';
import { targetsQuery, type Target, type TargetFound } from '@/services/queries/useTargets';

/** What the form of a target says. Without `token` the kept one stays; null takes it away. */
export interface TargetForm {
  id: string;
  kind: string;
  title: string;
  options: Record<string, unknown>;
  token?: string | null;
}

const path = (id: string) => `targets/${encodeURIComponent(id)}`;

export function useAddTarget(onAdded: (id: string) => void) {
  return useSaving((form: TargetForm) => api.post('targets', form), onAdded);
}

export function useChangeTarget(onChanged: (id: string) => void) {
  return useSaving(({ id, kind: _kind, ...change }: TargetForm) => api.put(path(id), change), onChanged);
}

/** What went wrong is said at the form, so there is no message in passing. */
function useSaving(save: (form: TargetForm) => Promise<unknown>, onSaved: (id: string) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: save,
    onSuccess: async (_, { id }) => {
      await client.invalidateQueries({ queryKey: targetsQuery.queryKey });
      onSaved(id);
    },
  });
}

export function useRemoveTarget(onRemoved: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id }: Pick<Target, 'id' | 'title'>) => api.delete(path(id)),
    onSuccess: async (_, { id, title }) => {
      client.setQueryData(targetsQuery.queryKey, (rows) => rows?.filter((row) => row.id !== id));
      toast({ title: `${title || id} was removed` });
      onRemoved();
      await client.invalidateQueries({ queryKey: targetsQuery.queryKey });
    },
    onError: (error) => {
      toast({ title: 'The target was not removed', description: errorWords(error), tone: 'danger' });
    },
  });
}

/** Looks at a target with these settings, saved or not; `id` lends the token that is kept for it. */
export function useTestTarget() {
  return useMutation({
    mutationFn: ({ kind, options, token, id }: Partial<TargetForm> & Pick<TargetForm, 'kind' | 'options'>) =>
      api.post<TargetFound>('targets/test', {
        kind,
        options,
        ...(token != null && { token }),
        ...(id !== undefined && token === undefined && { id }),
      }),
  });
}

/** What went wrong and what to do, in one breath. */
export function errorWords(error: Error): string {
  const hint = error instanceof ApiError ? error.error.hint : undefined;
  return hint === undefined ? error.message : `${error.message} ${hint}`;
}

/** Which field of the form the server found fault with, if it was one. */
export function fieldAtFault(error: Error | null): string | null {
  if (!(error instanceof ApiError)) return null;
  if (error.status === 409) return 'id';
  return error.error.parameter?.split('.').at(-1) ?? null;
}
