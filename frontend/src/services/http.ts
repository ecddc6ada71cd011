import type { ErrorRecord } from './types.generated';
import { reachability } from './reachability';

const BASE = '/api/v1/';

/** What the server answered instead of a result; `status` 0 means that it could not be reached at all. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    readonly error: ErrorRecord,
    /** All faults of an invalid pipeline; empty for other errors. */
    readonly faults: readonly ErrorRecord[] = [],
    readonly body: unknown = null,
  ) {
    super(error.message);
  }

  /** What to do about it, where the server knows. */
  get hint(): string | undefined {
    return this.error.hint;
  }

  get unreachable(): boolean {
    return this.status === 0;
  }
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface RequestOptions {
  signal?: AbortSignal | undefined;
  /** Lets the request outlive the page, for the last save. */
  keepalive?: boolean;
}

export const api = {
  get: <T>(path: string, options?: RequestOptions) => request<T>('GET', path, undefined, options),
  post: <T>(path: string, body?: unknown, options?: RequestOptions) =>
    request<T>('POST', path, body ?? {}, options),
  put: <T>(path: string, body: unknown, options?: RequestOptions) => request<T>('PUT', path, body, options),
  delete: <T = undefined>(path: string, options?: RequestOptions) =>
    request<T>('DELETE', path, undefined, options),
  /** The address of a resource, for <img> and download links. */
  url: (path: string) => BASE + path,
};

async function request<T>(
  method: Method,
  path: string,
  body: unknown,
  options: RequestOptions = {},
): Promise<T> {
  const binary = body instanceof Blob;
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (body !== undefined) headers['Content-Type'] = binary ? 'application/octet-stream' : 'application/json';

  let response: Response;
  try {
    response = await fetch(BASE + path, {
      method,
      headers,
      body: body === undefined ? null : binary ? body : JSON.stringify(body),
      signal: options.signal ?? null,
      keepalive: options.keepalive ?? false,
    });
  } catch (cause) {
    if (options.signal?.aborted === true) throw cause;
    throw unreachable();
  }

  const answer = await readJson(response);
  if (answer === undefined && isGatewayFailure(response.status)) throw unreachable();
  reachability.getState().heard();
  if (!response.ok) throw asApiError(response.status, answer);
  return answer as T;
}

function unreachable(): ApiError {
  reachability.getState().lost();
  return new ApiError(0, {
    code: '0',
    name: 'ServerUnreachable',
    message: 'The Torchwire server can’t be reached.',
    hint: 'Check that it is running; this page tries again by itself.',
  });
}

/** A proxy in front of a stopped server answers for it, and not in JSON. */
function isGatewayFailure(status: number): boolean {
  return status === 500 || status === 502 || status === 503 || status === 504;
}

async function readJson(response: Response): Promise<unknown> {
  if (response.status === 204) return undefined;
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

function asApiError(status: number, body: unknown): ApiError {
  const record = body as { error?: ErrorRecord; faults?: ErrorRecord[] } | undefined;
  const error = record?.error ?? {
    code: '1000',
    name: 'UnexpectedAnswer',
    message: `The server answered with status ${status} and no explanation.`,
  };
  return new ApiError(status, error, record?.faults ?? [], body);
}
