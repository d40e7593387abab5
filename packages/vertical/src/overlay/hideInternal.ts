import type { types } from 'mediasoup';

/** Keeps the ids of a transport that only connects workers, and of consumers on it, in a set. */
export function hideInternal(transport: types.Transport, hidden: Set<string>): void {
  const hide = (it: types.Transport | types.Consumer | types.DataConsumer) => {
    hidden.add(it.id);
    (it.observer as types.ConsumerObserver).once('close', () => hidden.delete(it.id));
  };

  hide(transport);
  transport.observer.on('newconsumer', hide);
  transport.observer.on('newdataconsumer', hide);
}
