import type { types } from 'mediasoup';

/**
 * How far apart the ports of the same server on neighbouring workers are, so that one with several
 * ports does not meet its neighbour's.
 */
export function portStride(listenInfos: unknown): number {
  const ports = fixedPorts(listenInfos);

  return ports.length > 0 ? Math.max(...ports) - Math.min(...ports) + 1 : 1;
}

/** Adds to each port that the application chose; leaves the others to be found. */
export function shiftPorts(listenInfos: unknown, by: number): unknown {
  if (!Array.isArray(listenInfos)) {
    return listenInfos;
  }

  return listenInfos.map((info: types.TransportListenInfo) =>
    info?.port && !info.portRange ? { ...info, port: info.port + by } : info,
  );
}

/** Of arrays and plain objects; all else stays what it is: it is wrong, and mediasoup says so. */
export function copyOf<T>(value: T): T {
  if (Array.isArray(value)) {
    return value.map(copyOf) as T;
  }
  if (typeof value !== 'object' || !value || Object.getPrototypeOf(value) !== Object.prototype) {
    return value;
  }

  return Object.fromEntries(Object.entries(value).map(([key, it]) => [key, copyOf(it)])) as T;
}

function fixedPorts(listenInfos: unknown): number[] {
  if (!Array.isArray(listenInfos)) {
    return [];
  }

  return listenInfos.flatMap((info: types.TransportListenInfo) =>
    info?.port && !info.portRange ? [info.port] : [],
  );
}
