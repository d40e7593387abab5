import { RemoteServer, WebSocketListener } from '@tureen/remote-server';
import * as mediasoup from 'mediasoup';
import { expect, onTestFinished, test } from 'vitest';
import { Daemon } from '../support/Daemon.js';
import { until } from '../support/events.js';
import { TcpProxy } from '../support/TcpProxy.js';
import { workerProcesses } from '../support/useTarget.js';
import { objectsOf } from './MemoryHost.js';
import { campaign, type CampaignReport } from './campaign.js';

/*
 * Random faults under a mixed load. `npm run faults` does a thousand; with `-- --seed N` the same
 * ones as in the run that printed that seed.
 */
const faults = Number(process.env.FAULTS ?? 50);
const seed = Number(process.env.FAULTS_SEED ?? 1);
const patience = 30_000 + faults * 1000;

function judge(report: CampaignReport): void {
  console.log(JSON.stringify(report));
  expect(report.faults).toEqual([]);
  // A packet that got lost would be the control connection's fault only if media depended on it.
  expect(report.packets.arrived).toBe(report.packets.sent);
  // Beside what this process itself was kept waiting.
  expect(report.packets.worstLatency - report.packets.worstPause).toBeLessThan(2000);
  expect(report.connected).toBeGreaterThan(faults / 5);
  expect(report.calls).toBeGreaterThan(faults);
  expect(report.messages).toBeGreaterThan(faults);
}

async function proxyTo(url: string): Promise<TcpProxy> {
  const proxy = await TcpProxy.start(url);

  onTestFinished(() => proxy.close());

  return proxy;
}

test(
  `${faults} faults, a server in this process: no call lost or run twice, no handle left (seed ${seed})`,
  async () => {
    let executed = 0;
    const server = new RemoteServer({ mediasoup, getStats: async () => (executed += 1) });
    const listener = new WebSocketListener(server, {
      port: 0,
      pingInterval: 100,
      deadAfter: 400,
    });
    const proxy = await proxyTo(await listener.listen());

    judge(
      await campaign({
        proxy,
        seed,
        faults,
        serverCounts: true,
        onAllClosed: () => until('no handle left', () => objectsOf(server) === 0),
      }),
    );
    await until('the end of the session', () => server.sessions === 0);
    await listener.close();
    await server.close();
    expect(workerProcesses()).toEqual([]);
  },
  patience,
);

test(
  `${faults} faults, a daemon: no event lost, media never stops (seed ${seed})`,
  async () => {
    const daemon = await Daemon.start();

    onTestFinished(() => daemon.stop().then(() => undefined));

    const proxy = await proxyTo(daemon.url);

    judge(await campaign({ proxy, seed, faults, serverCounts: false }));
    await until('the end of every worker', () => workerProcesses().length === 0);
    expect(await daemon.stop()).toBe(0);
  },
  patience,
);
