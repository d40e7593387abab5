/** Seconds, for people. */
export function duration(seconds: number): string {
  if (seconds < 120) {
    return `${Math.round(seconds)} s`;
  }
  if (seconds < 7200) {
    return `${Math.round(seconds / 60)} min`;
  }

  return seconds < 172_800
    ? `${Math.round(seconds / 3600)} h`
    : `${Math.round(seconds / 86_400)} d`;
}

/** Bytes, for people. */
export function bytes(count: number): string {
  const gibibyte = 2 ** 30;

  return count < gibibyte
    ? `${Math.round(count / 2 ** 20)} MiB`
    : `${(count / gibibyte).toFixed(1)} GiB`;
}

/** Bits per second, for people. */
export function bitRate(bits: number): string {
  return `${(bits / 1e6).toFixed(1)} Mbit/s`;
}

export function percent(value: number): string {
  return `${Math.round(value)} %`;
}
