import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';

export interface Got {
  status: number;
  location?: string;
  text: string;
}

/** Gets what is there, whoever's certificate it shows: those of the tests are nobody's. */
export async function get(url: string): Promise<Got> {
  const request = url.startsWith('https:')
    ? httpsRequest(url, { rejectUnauthorized: false, agent: false })
    : httpRequest(url, { agent: false });

  request.end();

  const [response] = (await once(request, 'response')) as [IncomingMessage];

  return {
    status: response.statusCode!,
    location: response.headers.location,
    text: await text(response),
  };
}
