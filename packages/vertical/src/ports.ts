import type { types } from 'mediasoup';

const greatestPort = 65_535;

/**
 * How far apart the ports of the same server on neighbouring workers are: 1, unless with several
 * ports one would meet another one's on some other worker.
 *
 * @param maxWorkers - So many neighbours there may be.
 */
export function portStride(listenInfos: unknown, maxWorkers: number): number {
  const ports = [...new Set(fixedPorts(listenInfos))];
  const gaps = ports.flatMap((one) => ports.map((other) => other - one)).filter((gap) => gap > 0);
  const meet = (stride: number) =>
    gaps.some((gap) => gap % stride === 0 && gap / stride < maxWorkers);
  let stride = 1;

  while (meet(stride)) {
    stride += 1;
  }

  return stride;
}

/**
 * Adds to each port that the application chose; leaves the others to be found.
 *
 * @throws RangeError if there is no such port: mediasoup would listen on another one.
 */
export function shiftPorts(listenInfos: unknown, by: number): unknown {
  if (!Array.isArray(listenInfos)) {
    return listenInfos;
  }

  return listenInfos.map((info: types.TransportListenInfo) =>
    isFixed(info) ? { ...info, port: shifted(info.port as number, by) } : info,
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

function shifted(port: number, by: number): number {
  // What is wrong with the application's own port, mediasoup says.
  if (by > 0 && port + by > greatestPort) {
    throw new RangeError(
      `a WebRtcServer on port ${port} needs port ${port + by} on another worker, and there is none above ${greatestPort}: choose a lower port, or a portRange`,
    );
  }

  return port + by;
}

function fixedPorts(listenInfos: unknown): number[] {
  if (!Array.isArray(listenInfos)) {
    return [];
  }

  return listenInfos.flatMap((info: types.TransportListenInfo) =>
    isFixed(info) ? [info.port as number] : [],
  );
}

function isFixed(info: types.TransportListenInfo | undefined): boolean {
  return Boolean(info?.port && !info.portRange);
}
