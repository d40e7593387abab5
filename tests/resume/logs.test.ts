import type { types } from 'mediasoup';
import { expect, test } from 'vitest';
import { until } from '../support/events.js';
import { MemoryHost } from './MemoryHost.js';

const line = { level: 'debug', namespace: 'mediasoup:Channel', text: 'x'.repeat(1000) } as const;

test('what a worker logs while its client is away does not cost it its session', async () => {
  const logged: string[] = [];
  const dropped: string[] = [];
  const ignore = () => undefined;
  const host = await MemoryHost.start({
    retention: 1024 * 1024,
    meter: {
      ...{ called: ignore, told: ignore, resumed: ignore, refused: ignore },
      dropped: (kind, event) => dropped.push(`${kind} ${event}`),
    },
    client: { onWorkerLog: (_worker, { text }) => logged.push(text) },
  });
  const worker = await host.mediasoup.createWorker();
  const [real] = host.server.objects(new Set(['worker']));
  const died: Error[] = [];

  worker.on('died', (error) => died.push(error));
  await host.detach();
  for (let count = 0; count < 5000; count += 1) {
    host.server.forwardWorkerLog(real as unknown as types.Worker, line);
  }
  await host.reconnect();
  await worker.dump();
  await until('what there was room for', () => logged.length > 100);
  expect(logged.length + dropped.length).toBe(5000);
  expect(new Set(dropped)).toEqual(new Set(['worker log']));
  expect(died).toEqual([]);
});
