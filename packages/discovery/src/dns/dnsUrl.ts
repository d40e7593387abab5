import { isIP } from 'node:net';

export interface DnsName {
  kind: 'addresses' | 'services';
  /** What is asked for. */
  name: string;
  /** Of `addresses`; a service brings its own. */
  port: number;
  secure: boolean;
}

const defaultPort = 4600;

/**
 * `dns://name[:port]` (A and AAAA) or `dns+srv://_service._protocol.name`, both with `?secure`.
 *
 * @throws TypeError that says what is wrong with it.
 */
export function parseDnsUrl(url: string): DnsName {
  const match = /^dns(\+srv)?:\/\/([^/?#:]+)(?::(\d{1,5}))?\/?(?:\?([^#]*))?$/i.exec(url);

  if (!match) {
    throw new TypeError(
      `"${url}" is not one of dns://name:port and dns+srv://_tureen._tcp.name (and ?secure for wss)`,
    );
  }

  const [, service, name = '', port, query = ''] = match;
  const secure = parseQuery(query, url);

  if (isIP(name) !== 0) {
    throw new TypeError(`"${url}" has an address where a name belongs: write ws://${name}:4600`);
  }
  if (service) {
    if (port !== undefined) {
      throw new TypeError(`"${url}" has a port, but SRV records bring their own: leave it out`);
    }

    return { kind: 'services', name, port: 0, secure };
  }
  if (Number(port ?? defaultPort) > 65_535 || Number(port ?? defaultPort) === 0) {
    throw new TypeError(`"${url}" has a port that does not exist`);
  }

  return { kind: 'addresses', name, port: Number(port ?? defaultPort), secure };
}

function parseQuery(query: string, url: string): boolean {
  const [[key, value] = [], ...more] = [...new URLSearchParams(query)];

  if (key === undefined) {
    return false;
  }
  if (key !== 'secure' || more.length > 0 || !['', 'true', 'false'].includes(value as string)) {
    throw new TypeError(`"${url}" has something other than "?secure" after the name`);
  }

  return value !== 'false';
}
