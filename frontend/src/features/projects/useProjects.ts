import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { toast } from '@/components/ui/toasts';
import { abandonDraft, copyName, flushDraft } from '@/lib/drafts/draftStore';
import { forgetView } from '@/lib/drafts/viewState';
import { documentStore } from '@/lib/document/documentStore';
import type { PipelineDocument } from '@/lib/document/types';
import { currentRoute, navigate, paths } from '@/lib/navigation';
import { api } from '@/services/http';
import { createPipeline, fetchPipeline, pipelinesQuery } from '@/services/queries/usePipelines';

export function emptyDocument(name = 'Untitled pipeline'): PipelineDocument {
  return {
    format: 'torchwire/pipeline',
    version: 1,
    name,
    description: '',
    default_compute_target: 'local-cpu',
    nodes: [],
    wires: [],
  };
}

/** What can be done with whole pipelines. `busy` holds while one of these waits for the server. */
export function useProjects() {
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const relist = () => client.invalidateQueries({ queryKey: pipelinesQuery.queryKey, exact: true });

  /** Do it, and say so when it fails. */
  const attempt = async <T>(failure: string, action: () => Promise<T>): Promise<T | undefined> => {
    setBusy(true);
    try {
      return await action();
    } catch (error) {
      toast({ title: failure, description: error instanceof Error ? error.message : '', tone: 'danger' });
      return undefined;
    } finally {
      setBusy(false);
    }
  };

  const create = async (document: PipelineDocument, failure = 'The pipeline was not created') => {
    const record = await attempt(failure, () => createPipeline(document));
    if (!record) return undefined;
    await relist();
    navigate(paths.pipeline(record.id));
    return record;
  };

  const rename = async (pipelineId: string, name: string) => {
    if (pipelineId === documentStore.getState().pipelineId) {
      documentStore.getState().setName(name);
      return;
    }
    await attempt('The pipeline was not renamed', async () => {
      const { document, revision } = await fetchPipeline(pipelineId);
      await api.put(`pipelines/${pipelineId}`, { document: { ...document, name }, revision });
      await relist();
    });
  };

  const duplicate = (pipelineId: string) =>
    attempt('The pipeline was not duplicated', async () => {
      if (pipelineId === documentStore.getState().pipelineId) await flushDraft();
      const { document } = await fetchPipeline(pipelineId);
      const copy = await createPipeline({ ...document, name: copyName(document.name) });
      await relist();
      navigate(paths.pipeline(copy.id));
    });

  /** Delete a pipeline; the toast brings it back, as a new draft with the same document. */
  const remove = (pipelineId: string) =>
    attempt('The pipeline was not deleted', async () => {
      const isOpen = pipelineId === documentStore.getState().pipelineId;
      if (isOpen) await flushDraft();
      const { document } = await fetchPipeline(pipelineId);
      await api.delete(`pipelines/${pipelineId}`);
      if (isOpen) abandonDraft();
      forgetView(pipelineId);
      await relist();
      const route = currentRoute();
      if (route.page === 'pipeline' && route.pipelineId === pipelineId) navigate(paths.home);
      toast({
        title: `Deleted ‘${document.name}’`,
        action: { label: 'Undo', onSelect: () => void create(document, 'The pipeline was not brought back') },
      });
    });

  return { busy, create, rename, duplicate, remove };
}
