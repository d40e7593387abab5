import { SettingRefusedError } from '@tureen/protocol';

/**
 * Worker settings that let whoever chooses them run, read or crash something on the media host.
 * From the network they are refused, except for the very values that the operator lists here.
 */
export interface AllowedWorkerSettings {
  workerBin?: readonly string[];
  dtlsCertificateFile?: readonly string[];
  dtlsPrivateKeyFile?: readonly string[];
  libwebrtcFieldTrials?: readonly string[];
}

const guarded = [
  'workerBin',
  'dtlsCertificateFile',
  'dtlsPrivateKeyFile',
  'libwebrtcFieldTrials',
] as const;

/** @throws {@link SettingRefusedError} naming the setting. */
export function checkWorkerSettings(settings: unknown, allowed: AllowedWorkerSettings): void {
  if (typeof settings !== 'object' || settings === null) {
    return;
  }
  for (const key of guarded) {
    const value = (settings as Record<string, unknown>)[key];

    // mediasoup ignores what is not a string with something in it.
    if (value !== undefined && value !== null && value !== '') {
      if (typeof value !== 'string' || !allowed[key]?.includes(value)) {
        throw new SettingRefusedError(
          `worker setting ${key} is refused: this server has not been started with this value allowed`,
        );
      }
    }
  }
}
