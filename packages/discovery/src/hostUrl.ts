/**
 * @returns The URL in its one spelling.
 * @throws TypeError for what cannot be the URL of a daemon. It does not repeat credentials.
 */
export function hostUrl(url: string): string {
  let parsed: URL;

  try {
    parsed = new URL(url);
  } catch {
    throw new TypeError('not a URL; expected something like ws://host:4600');
  }
  if (parsed.protocol !== 'ws:' && parsed.protocol !== 'wss:') {
    throw new TypeError(
      `wrong URL scheme "${parsed.protocol}" for a host; expected ws:// or wss://`,
    );
  }
  if (parsed.username || parsed.password) {
    throw new TypeError(`credentials do not belong in the URL of a host (${parsed.host})`);
  }
  if (parsed.hash) {
    throw new TypeError(`the URL of a host has no fragment (${parsed.host})`);
  }

  return parsed.href;
}
