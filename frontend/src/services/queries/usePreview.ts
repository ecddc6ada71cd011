import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query';
import { api } from '../http';
import type { Explanation, Preview } from '../types.generated';

/** Which output of which node; the digest names what is in it. */
export interface PreviewTarget {
  runId: string;
  nodeId: string;
  port: string;
  digest: string;
}

/** How long pages that were scrolled past are kept, in ms: memory stays small in a list of any length. */
const PAGES_KEPT = 20_000;

type Params = Readonly<Record<string, string | number | undefined>>;

function outputPath({ runId, nodeId, port }: PreviewTarget): string {
  return `runs/${encodeURIComponent(runId)}/nodes/${encodeURIComponent(nodeId)}/outputs/${encodeURIComponent(port)}`;
}

function searchOf(params: Params): URLSearchParams {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined && value !== '') search.set(name, String(value));
  }
  return search;
}

function previewQuery<T extends Preview>(target: PreviewTarget, params: Params) {
  return {
    // What a digest names never changes, whichever run made it.
    queryKey: ['preview', target.digest, params],
    queryFn: ({ signal }: { signal: AbortSignal }) => {
      return api.get<T>(`${outputPath(target)}/preview?${searchOf(params)}`, { signal });
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
    queries: pages.map((page) => ({
      ...previewQuery<T>(target, { ...params, offset: page * pageSize, limit: pageSize }),
      gcTime: PAGES_KEPT,
    })),
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

/** Where one file of an output can be downloaded, by its path within the output. */
export function fileUrl(target: PreviewTarget, path: string): string {
  return api.url(`${outputPath(target)}/files/${path.split('/').map(encodeURIComponent).join('/')}`);
}

/** Where the rows of a scored table that fit the filters can be downloaded as CSV. */
export function csvUrl(target: PreviewTarget, params: Params): string {
  return api.url(`${outputPath(target)}/rows.csv?${searchOf(params)}`);
}

interface Asked {
  model: string;
  images: string;
  image: string;
  category: string;
}

/** What a model looked at in an image, worked out by the server when it is first asked for. */
export function useExplanation(asked: Asked) {
  return useQuery({
    queryKey: ['explanation', asked],
    queryFn: ({ signal }) =>
      api.get<Explanation>(`artifacts/${asked.model}/explanation?${askedFor(asked)}`, { signal }),
    select: ({ explanation }) => explanation,
    staleTime: Infinity,
    retry: false,
  });
}

/** A picture of an explanation; ask for it once that is there. */
export function explanationUrl(asked: Asked, part: 'heat' | 'seen' | 'overlay'): string {
  return api.url(`artifacts/${asked.model}/explain?${askedFor(asked)}&part=${part}`);
}

function askedFor({ images, image, category }: Asked): URLSearchParams {
  return searchOf({ images, image, category });
}

/** Where an image of an output is; with `size`, made to fit a square of that many pixels. */
export function imageUrl(digest: string, imageId: string, size?: number): string {
  const search = size === undefined ? '' : `?size=${size}`;
  return api.url(`artifacts/${digest}/images/${encodeURIComponent(imageId)}${search}`);
}
