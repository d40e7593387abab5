/** More of what a client said tells nobody more, and logs are to stay small. */
const maxLength = 100;

/**
 * A value of a client's for messages and logs.
 *
 * @throws TypeError for one that cannot be shown.
 */
export function shown(value: unknown): string {
  const text = String(value);

  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
}
