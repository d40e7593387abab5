import type { types } from 'mediasoup';
import type { Shape } from './Shape.js';

/** What the four transports have in common. */
export const transport = {
  fields: { id: 'const', type: 'const' },
  calls: {
    dump: 'value',
    getStats: 'value',
    connect: 'value',
    setMaxIncomingBitrate: 'value',
    setMaxOutgoingBitrate: 'value',
    setMinOutgoingBitrate: 'value',
    produce: 'child:producer',
    consume: 'child:consumer',
    produceData: 'child:dataProducer',
    consumeData: 'child:dataConsumer',
    enableTraceEvent: 'value',
  },
  local: {
    close: 'close',
    routerClosed: 'cause:routerclose',
    listenServerClosed: 'cause:listenserverclose',
  },
  events: { routerclose: 'close', listenserverclose: 'close', trace: 'lossy' },
  observer: {
    close: 'close',
    newproducer: 'local',
    newconsumer: 'local',
    newdataproducer: 'local',
    newdataconsumer: 'local',
    trace: 'lossy',
  },
  owns: [
    { kinds: ['producer'], closedBy: 'transportClosed', announced: 'newproducer' },
    { kinds: ['consumer'], closedBy: 'transportClosed', announced: 'newconsumer' },
    { kinds: ['dataProducer'], closedBy: 'transportClosed', announced: 'newdataproducer' },
    { kinds: ['dataConsumer'], closedBy: 'transportClosed', announced: 'newdataconsumer' },
  ],
  shared: { consume: ['rtpCapabilities'] },
} as const satisfies Shape<types.Transport, types.TransportEvents, types.TransportObserverEvents>;

/** SCTP state of the three transports that can carry SCTP. */
export const sctpFields = {
  sctpParameters: 'const',
  sctpState: 'live',
  sctpNegotiatedCapabilities: 'live',
} as const;
export const sctpOnClose = { sctpState: 'closed' } as const;
