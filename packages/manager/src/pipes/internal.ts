import type { types } from 'mediasoup';

const internalAppData = new WeakSet<object>();

/** appData of an object that is only there to connect workers: applications never see it. */
export function markInternal(appData: types.AppData): types.AppData {
  internalAppData.add(appData);

  return appData;
}

export function isInternal({ appData }: { appData: types.AppData }): boolean {
  return internalAppData.has(appData);
}

/** For requests of which the failure means only that their object has closed meanwhile. */
export const ignore = (): undefined => undefined;
