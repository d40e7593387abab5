import { stacked } from './stacked.js';

/** A daemon that passes everything on to another one. */
export const proxy = stacked({ name: 'proxy', upstreams: 1 });
