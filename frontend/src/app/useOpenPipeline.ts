import { useEffect, useState } from 'react';
import { documentStore, useDocument } from '@/lib/document/documentStore';
import { openPipeline } from '@/lib/drafts/draftStore';
import { lastPipeline } from '@/lib/drafts/viewState';
import { navigate, paths, type Route } from '@/lib/navigation';
import type { PipelineDocument } from '@/lib/document/types';
import { createPipeline, pipelinesQuery } from '@/services/queries/usePipelines';
import { queryClient } from '@/services/queries/queryClient';
import { samplesQuery } from '@/services/queries/useSamples';

export interface Opening {
  /** A pipeline is on the page (perhaps the one before, while the next one loads). */
  readonly ready: boolean;
  readonly error: Error | null;
  retry: () => void;
}

const EMPTY: PipelineDocument = {
  format: 'torchwire/pipeline',
  version: 1,
  name: 'Untitled pipeline',
  description: '',
  default_compute_target: 'local-cpu',
  nodes: [],
  wires: [],
};

/** Keep the open pipeline in step with the address; the home page leads to the last one, or to a sample. */
export function useOpenPipeline(route: Route): Opening {
  const [error, setError] = useState<Error | null>(null);
  const [tries, setTries] = useState(0);
  const openId = useDocument((state) => state.pipelineId);
  const wanted = route.page === 'pipeline' ? route.pipelineId : null;
  const beside = isBeside(route);

  useEffect(() => {
    if (beside) return;
    let stale = false;
    const failed = (reason: unknown) => {
      if (!stale) setError(reason instanceof Error ? reason : new Error(String(reason)));
    };
    if (wanted === null) {
      findHome()
        .then((id) => {
          if (!stale) navigate(paths.pipeline(id), { replace: true });
        })
        .catch(failed);
    } else if (documentStore.getState().pipelineId !== wanted || tries > 0) {
      openPipeline(wanted)
        .then(() => {
          if (!stale) setError(null);
        })
        .catch(failed);
    }
    return () => {
      stale = true;
    };
  }, [wanted, tries, beside]);

  return {
    ready: openId !== null && (error === null || openId === wanted),
    error: openId === wanted ? null : error,
    retry: () => {
      setError(null);
      setTries((count) => count + 1);
    },
  };
}

/** A page beside the designer: the open pipeline and the shown run stay as they are. */
export function isBeside(route: Route): boolean {
  return route.page === 'storage' || route.page === 'targets' || route.page === 'compare';
}

let searching: Promise<string> | null = null;

function findHome(): Promise<string> {
  searching ??= chooseHome().finally(() => (searching = null));
  return searching;
}

async function chooseHome(): Promise<string> {
  const pipelines = await queryClient.fetchQuery({ ...pipelinesQuery, staleTime: 0 });
  const last = pipelines.find((pipeline) => pipeline.id === lastPipeline());
  const known = last ?? pipelines[0];
  if (known) return known.id;
  const samples = await queryClient.fetchQuery(samplesQuery);
  const sample = samples.find((one) => /densenet/i.test(one.id)) ?? samples[0];
  const made = await createPipeline(sample?.document ?? EMPTY);
  await queryClient.invalidateQueries({ queryKey: pipelinesQuery.queryKey, exact: true });
  return made.id;
}
