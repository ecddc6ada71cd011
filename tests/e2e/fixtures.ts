/** A real server on a fresh home folder for every test file, and helpers that speak the designer's language. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type BrowserContext, expect, test as base } from '@playwright/test';

export const TORCHWIRE = resolve(import.meta.dirname, '../../.venv/bin/torchwire');

export interface Server {
  url: string;
  home: string;
  /** Ends the server as an operator would; running nodes go on. */
  stop(): Promise<void>;
  /** Starts it again on the same home and port. */
  start(): Promise<void>;
}

async function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const probe = createServer();
    probe.once('error', failed);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      if (address === null || typeof address === 'string') throw new Error('no port');
      probe.close(() => {
        done(address.port);
      });
    });
  });
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/healthz`)).ok;
  } catch {
    return false;
  }
}

class RealServer implements Server {
  private process: ChildProcess | undefined;
  private output = '';

  constructor(
    readonly url: string,
    readonly home: string,
    private readonly port: number,
  ) {}

  async start(): Promise<void> {
    const args = ['serve', '--home', this.home, '--port', String(this.port), '--no-open'];
    const started = spawn(TORCHWIRE, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    started.stdout.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    started.stderr.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.process = started;
    const deadline = Date.now() + 60_000;
    while (!(await isReady(this.url))) {
      if (started.exitCode !== null || Date.now() > deadline) {
        throw new Error(`The server did not start:\n${this.output}`);
      }
      await new Promise((next) => setTimeout(next, 50));
    }
  }

  async stop(): Promise<void> {
    const running = this.process;
    if (running === undefined || running.exitCode !== null) return;
    const ended = new Promise((done) => running.once('exit', done));
    running.kill('SIGTERM');
    await ended;
  }
}

/** The server of one test file: the next file gets another, so that no journey finds what another has made. */
class FileServer {
  private file: string | undefined;
  private server: RealServer | undefined;

  async of(file: string): Promise<Server> {
    if (this.server === undefined || this.file !== file) {
      await this.end();
      const port = await freePort();
      const home = mkdtempSync(join(tmpdir(), 'torchwire-e2e-'));
      this.server = new RealServer(`http://127.0.0.1:${String(port)}`, home, port);
      this.file = file;
      await this.server.start();
    }
    return this.server;
  }

  async end(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    this.server = undefined;
    await server.stop();
    rmSync(server.home, { recursive: true, force: true });
  }
}

/** What the console of the journey's windows may say of errors. Anything else fails the journey. */
export class Console {
  private readonly said: string[] = [];
  private readonly expected: RegExp[] = [];

  /** Errors like this one belong to the journey: the network is away, an address is of nothing. */
  expect(error: RegExp): void {
    this.expected.push(error);
  }

  hear(context: BrowserContext): void {
    context.on('console', (message) => {
      if (message.type() === 'error') this.said.push(`${message.text()} ${message.location().url}`);
    });
    context.on('weberror', (error) => {
      this.said.push(error.error().stack ?? error.error().message);
    });
  }

  unexpected(): string[] {
    return this.said.filter((error) => !this.expected.some((pattern) => pattern.test(error)));
  }
}

export const test = base.extend<{ server: Server; console: Console }, { fileServer: FileServer }>({
  fileServer: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the fixtures it needs from this pattern
    async ({}, use) => {
      const fileServer = new FileServer();
      await use(fileServer);
      await fileServer.end();
    },
    { scope: 'worker' },
  ],
  server: async ({ fileServer }, use, { file }) => {
    await use(await fileServer.of(file));
  },
  baseURL: async ({ server }, use) => {
    await use(server.url);
  },
  console: [
    async ({ context }, use) => {
      const console = new Console();
      console.hear(context);
      await use(console);
      expect.soft(console.unexpected(), 'errors in the console').toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };
