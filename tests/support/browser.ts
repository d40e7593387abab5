import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright-core';

/** Debian's package `chromium`. */
const EXECUTABLE = process.env['CHROMIUM_BIN'] ?? '/usr/bin/chromium';

const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
];

const CLOSE_DEADLINE_MS = 30_000;
/** Of whatever a page or the browser is to do. */
const ACTION_DEADLINE_MS = 60_000;

export interface BrowserOptions {
  /** Flags on top of ours. */
  flags?: string[];
  /** Size of new pages in CSS pixels, default 1280 × 800. */
  viewport?: { width: number; height: number };
  /**
   * What the command begins with where it is not to run here; it must become the process that it
   * starts, and leave open what that inherits.
   */
  launcher?: readonly string[];
}

/** A Chromium with a fake camera and microphone, in a profile of its own. */
export interface TestBrowser {
  readonly context: BrowserContext;
  /** Messages of uncaught errors in the pages, in order. */
  readonly pageErrors: string[];
  newPage(): Promise<Page>;
  /** Pids of the browser and its helpers, for as long as they live. */
  pids(): Promise<number[]>;
  /** Ends the browser, waits until its last process has gone and removes its profile. */
  close(): Promise<void>;
}

/** @throws Error when Chromium is not installed or does not start. */
export async function launchBrowser(options: BrowserOptions = {}): Promise<TestBrowser> {
  if (!existsSync(EXECUTABLE)) {
    throw new Error(`${EXECUTABLE} is missing: apt-get install --no-install-recommends chromium`);
  }
  const profile = await mkdtemp(join(tmpdir(), 'tureen-chromium-'));
  const pids = () => pidsMentioning(profile);
  try {
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: await executable(profile, options.launcher),
      args: [...FLAGS, ...(options.flags ?? [])],
      viewport: options.viewport ?? { width: 1280, height: 800 },
      timeout: ACTION_DEADLINE_MS,
    });
    context.setDefaultTimeout(ACTION_DEADLINE_MS);
    const pageErrors: string[] = [];
    context.on('weberror', (error) => pageErrors.push(error.error().message));
    return {
      context,
      pageErrors,
      newPage: () => context.newPage(),
      pids,
      close: async () => {
        await context.close();
        await gone(pids);
        await removeProfile(profile);
      },
    };
  } catch (error) {
    for (const pid of await pids()) process.kill(pid, 'SIGKILL');
    await removeProfile(profile);
    throw error;
  }
}

/** Playwright takes the path of a program, and no arguments before its own. */
async function executable(folder: string, launcher: readonly string[] = []): Promise<string> {
  if (launcher.length === 0) return EXECUTABLE;
  const script = join(folder, 'launch.sh');
  const command = [...launcher, EXECUTABLE].map((word) => `'${word}'`).join(' ');
  await writeFile(script, `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
  return script;
}

/** Chromium may still write as it goes: removal is repeated by Node until the folder is gone. */
function removeProfile(profile: string): Promise<void> {
  return rm(profile, { recursive: true, force: true, maxRetries: 10 });
}

/** The profile's path stands on the command line of each of the browser's processes. */
async function pidsMentioning(text: string): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter(Number.isInteger);
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return pids.filter((pid, index) => pid !== process.pid && lines[index]?.includes(text));
}

async function gone(pids: () => Promise<number[]>): Promise<void> {
  const deadline = Date.now() + CLOSE_DEADLINE_MS;
  for (;;) {
    const left = await pids();
    if (left.length === 0) return;
    if (Date.now() > deadline) throw new Error(`Chromium processes are left: ${left.join(', ')}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
