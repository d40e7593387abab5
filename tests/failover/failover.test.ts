import { once } from 'node:events';
import { RemoteMediasoupClient } from '@tureen/remote-client';
import { afterEach, expect, test } from 'vitest';
import { Daemon } from '../support/Daemon.js';

const daemons: Daemon[] = [];
const clients: RemoteMediasoupClient[] = [];

async function daemon(): Promise<Daemon> {
  const started = await Daemon.start();

  daemons.push(started);

  return started;
}

function connect(urls: string[]): RemoteMediasoupClient {
  const client = new RemoteMediasoupClient(urls, { minRedialDelay: 1, maxRedialDelay: 5 });

  clients.push(client);

  return client;
}

afterEach(async () => {
  clients.splice(0).forEach((client) => client.close());
  await Promise.all(daemons.splice(0).map((each) => each.stop('SIGINT')));
});

/** An address at which nothing listens. */
async function deadUrl(): Promise<string> {
  const { url, ...gone } = await Daemon.start().then((each) => ({ url: each.url, each }));

  await gone.each.stop();

  return url;
}

test('a server that is not there is passed over without an error', async () => {
  const { url } = await daemon();
  const client = connect([await deadUrl(), url]);
  const errors: Error[] = [];

  client.on('error', (error) => errors.push(error));
  await once(client, 'mediasoup');
  expect(errors).toEqual([]);
});

test('with none of the servers there, there is one error', async () => {
  const urls = [await deadUrl(), await deadUrl()];
  const errors: Error[] = [];
  const client = connect(urls).on('error', (error) => errors.push(error));

  await once(client, 'error').catch(() => undefined);
  expect(errors).toHaveLength(1);
});

test('when a server dies its workers die, and the next session begins with the next server', async () => {
  const first = await daemon();
  const second = await daemon();
  const client = connect([first.url, second.url]).on('error', () => undefined);

  await once(client, 'mediasoup');

  const mediasoup = client.mediasoup!;
  const worker = await mediasoup.createWorker();
  const died = once(worker, 'died');
  // Not by once(): the death of the worker is an 'error' of the client too.
  const seen: boolean[] = [];
  const back = new Promise<void>((resolve) => {
    client.on('mediasoup', (available) => {
      seen.push(available !== undefined);
      if (available) {
        resolve();
      }
    });
  });

  await first.stop('SIGKILL');
  await died;
  await back;
  expect(seen).toEqual([false, true]);

  const next = await mediasoup.createWorker();

  expect(next.closed).toBe(false);
  expect(client.mediasoup).toBe(mediasoup);
});

test('no URL at all is refused', () => {
  expect(() => new RemoteMediasoupClient([])).toThrow(TypeError);
});
