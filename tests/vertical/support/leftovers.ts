import { expect } from 'vitest';
import { until } from '../../support/events.js';
import type { RealContents, VerticalRoom } from './verticalRoom.js';

/** No pipe is left, and so no real router is kept by one. */
export async function noPipesLeft({ router, described }: VerticalRoom): Promise<void> {
  if (!router.closed) {
    await until('no pipe left', () => described().pipes.length === 0);
  }
}

/** In the workers there is what is known here, and nothing that belongs to nobody. */
export async function nothingIsLost(room: VerticalRoom): Promise<void> {
  const { realRouters, pipes } = room.described();
  const dump = await room.router.dump();
  const contents = await Promise.all(realRouters.map(({ id }) => room.contentsOf(id)));
  const sum = (of: keyof RealContents) => contents.reduce((total, it) => total + it[of], 0);
  const own = {
    producers: dump.mapProducerIdConsumerIds.length + dump.mapDataProducerIdDataConsumerIds.length,
    consumers: dump.mapConsumerIdProducerId.length + dump.mapDataConsumerIdDataProducerId.length,
  };

  expect(contents.map(({ pipeTransports }) => pipeTransports)).toEqual(
    realRouters.map(({ pairs }) => pairs),
  );
  expect({ producers: sum('producers'), consumers: sum('consumers') }).toEqual({
    producers: own.producers + pipes.length,
    consumers: own.consumers + pipes.length,
  });
}
