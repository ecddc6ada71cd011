import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query';
import { api } from '../http';
import type { Preview } from '../types.generated';

/** Which output of which node; the digest names what is in it. */
export interface PreviewTarget {
  runId: string;
  nodeId: string;
  port: string;
  digest: string;
}

type Params = Readonly<Record<string, string | number | undefined>>;

function outputPath({ runId, nodeId, port }: PreviewTarget): string {
  return `runs/${encodeURIComponent(runId)}/nodes/${encodeURIComponent(nodeId)}/outputs/${encodeURIComponent(port)}`;
}

function previewQuery<T extends Preview>(target: PreviewTarget, params: Params) {
  return {
    // What a digest names never changes, whichever run made it.
    queryKey: ['preview', target.digest, params],
    queryFn: ({ signal }: { signal: AbortSignal }) => {
      const search = new URLSearchParams();
      for (const [name, value] of Object.entries(params)) {
        if (value !== undefined && value !== '') search.set(name, String(value));
      }
      return api.get<T>(`${outputPath(target)}/preview?${search}`, { signal });
    },
    staleTime: Infinity,
  };
}

/** What an output looks like, by its type. While other parameters load, the last answer stays. */
export function usePreview<T extends Preview>(target: PreviewTarget, params: Params = {}, enabled = true) {
  return useQuery({ ...previewQuery<T>(target, params), enabled, placeholderData: keepPreviousData });
}

/** Several pages of one preview; `undefined` where a page is still on its way. */
export function usePreviewPages<T extends Preview>(
  target: PreviewTarget,
  params: Params,
  pages: readonly number[],
  pageSize: number,
): ReadonlyMap<number, T> {
  return useQueries({
    queries: pages.map((page) =>
      previewQuery<T>(target, { ...params, offset: page * pageSize, limit: pageSize }),
    ),
    combine: (results) => {
      const loaded = new Map<number, T>();
      pages.forEach((page, index) => {
        const data = results[index]?.data;
        if (data !== undefined) loaded.set(page, data);
      });
      return loaded;
    },
  });
}

/** Where an output can be downloaded as a zip. */
export function downloadUrl(target: PreviewTarget): string {
  return api.url(`${outputPath(target)}/download`);
}

/** Where an image of an output is; with `size`, made to fit a square of that many pixels. */
export function imageUrl(digest: string, imageId: string, size?: number): string {
  const search = size === undefined ? '' : `?size=${size}`;
  return api.url(`artifacts/${digest}/images/${encodeURIComponent(imageId)}${search}`);
}
